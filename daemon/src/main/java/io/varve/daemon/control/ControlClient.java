package io.varve.daemon.control;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;
import jnr.unixsocket.UnixSocketOptions;

/**
 * Asks the daemon of a store one question.
 *
 * <p>Owned by the thread that asks.
 */
public final class ControlClient {

    private static final int ANSWER_LIMIT_MS = 10_000;
    private static final int READ_LENGTH = 64 * 1024;

    private ControlClient() {}

    /**
     * @throws NoDaemonException if none listens there
     * @throws IOException       with what the daemon said, or how the conversation failed
     */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> ask(Path socket, Map<String, Object> request) throws IOException {
        byte[] line = exchange(socket, ControlMessages.compose(request));
        Map<String, Object> message = ControlMessages.parse(line, line.length);
        if (Boolean.TRUE.equals(message.get("ok")) && message.get("answer") instanceof Map<?, ?> answer) {
            return (Map<String, Object>) answer;
        }
        throw new IOException("the daemon at " + socket + " refused: " + message.get("error"));
    }

    private static byte[] exchange(Path socket, ByteBuffer request) throws IOException {
        if (!Files.exists(socket)) {
            throw new NoDaemonException(socket, null);
        }
        try (UnixSocketChannel channel = connect(socket)) {
            channel.setOption(UnixSocketOptions.SO_RCVTIMEO, ANSWER_LIMIT_MS);
            channel.setOption(UnixSocketOptions.SO_SNDTIMEO, ANSWER_LIMIT_MS);
            while (request.hasRemaining()) {
                channel.write(request);
            }
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            ByteBuffer piece = ByteBuffer.allocate(READ_LENGTH);
            while (channel.read(piece) >= 0) {
                int length = piece.position();
                boolean complete = length > 0 && piece.get(length - 1) == '\n';
                line.write(piece.array(), 0, complete ? length - 1 : length);
                if (complete) {
                    return line.toByteArray();
                }
                if (line.size() > ControlMessages.MAX_ANSWER_LENGTH) {
                    throw new IOException("the daemon at " + socket + " answers with more than "
                            + ControlMessages.MAX_ANSWER_LENGTH + " bytes");
                }
                piece.clear();
            }
        }
        throw new IOException("the daemon at " + socket + " hung up without an answer: look at its log");
    }

    private static UnixSocketChannel connect(Path socket) throws IOException {
        try {
            return UnixSocketChannel.open(new UnixSocketAddress(new File(socket.toString())));
        } catch (IOException e) {
            throw new NoDaemonException(socket, e);
        }
    }
}
