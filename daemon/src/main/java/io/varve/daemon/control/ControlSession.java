package io.varve.daemon.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import jnr.unixsocket.UnixSocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of the control socket: a line in, a line out, until the other side leaves.
 *
 * <p>Owned by the control thread.
 */
final class ControlSession {

    private static final Logger LOG = LoggerFactory.getLogger(ControlSession.class);

    private final UnixSocketChannel channel;
    private final ControlHandler handler;
    private final ByteBuffer request = ByteBuffer.allocate(ControlMessages.MAX_REQUEST_LENGTH);
    private ByteBuffer answer;
    private long deadlineNs;

    ControlSession(UnixSocketChannel channel, ControlHandler handler, long deadlineNs) {
        this.channel = channel;
        this.handler = handler;
        this.deadlineNs = deadlineNs;
    }

    boolean isLate(long nowNs) {
        return nowNs - deadlineNs > 0;
    }

    void extend(long nextDeadlineNs) {
        deadlineNs = nextDeadlineNs;
    }

    /** While this holds, the socket is asked whether it can be written, and no request is read. */
    boolean wantsToWrite() {
        return answer != null;
    }

    /**
     * Reads and answers what is there.
     *
     * @return false if the connection is over
     */
    boolean onReadable() throws IOException {
        if (channel.read(request) < 0) {
            return false;
        }
        int lineLength = lineLength();
        if (lineLength < 0) {
            if (!request.hasRemaining()) {
                LOG.warn("control connection closed: a request is longer than {} bytes",
                        ControlMessages.MAX_REQUEST_LENGTH);
                return false;
            }
            return true;
        }
        answer = ControlMessages.compose(answerTo(lineLength));
        request.flip().position(lineLength + 1);
        request.compact();
        return onWritable();
    }

    /** @return false if the connection is over */
    boolean onWritable() throws IOException {
        channel.write(answer);
        if (!answer.hasRemaining()) {
            answer = null;
        }
        return true;
    }

    void close() throws IOException {
        channel.close();
    }

    private int lineLength() {
        for (int i = 0; i < request.position(); i++) {
            if (request.get(i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private Map<String, Object> answerTo(int lineLength) {
        try {
            return Map.of("ok", true, "answer", handler.answer(ControlMessages.parse(request.array(), lineLength)));
        } catch (IOException | RuntimeException e) {
            // Whatever a request makes us stumble over concerns the one who asked, not the daemon.
            LOG.debug("control request failed", e);
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            String prefix = e instanceof IOException ? "" : e.getClass().getSimpleName() + ": ";
            return Map.of("ok", false, "error", prefix + message);
        }
    }
}
