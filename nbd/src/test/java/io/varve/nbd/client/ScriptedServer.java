package io.varve.nbd.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.nbd.wire.NbdProtocol;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.util.HexFormat;

/**
 * A server that says what a test wrote down, whatever the client says. Spelled byte by byte, without the codecs under
 * test. Behind the script the connection ends.
 *
 * <p>Owned by the test's thread.
 */
final class ScriptedServer implements ByteChannel {

    static final int FLAGS = NbdProtocol.TRANSMIT_HAS_FLAGS;
    static final long SIZE = 1 << 20;
    /** Bytes that one call of read() gives at most, so that no reply arrives in one piece. */
    private static final int PIECE_LENGTH = 13;

    private final ByteArrayOutputStream script = new ByteArrayOutputStream();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private ByteBuffer unread;
    int closeCount;

    static ScriptedServer greeting() {
        return new ScriptedServer().u64(0x4e42444d41474943L).u64(0x49484156454f5054L).u16(3);
    }

    /** A server that lets the client in with simple replies; requests are next. */
    static ScriptedServer simple() {
        return greeting().exportInfo(7, SIZE, FLAGS).ack(7);
    }

    /** A server that lets the client in with structured replies and base:allocation as context 5. */
    static ScriptedServer structured() {
        return greeting()
                .ack(8)
                .reply(10, 4, bytes().u32(5).text("base:allocation"))
                .ack(10)
                .exportInfo(7, SIZE, FLAGS | NbdProtocol.TRANSMIT_SEND_DF)
                .ack(7);
    }

    static ScriptedServer bytes() {
        return new ScriptedServer();
    }

    /** Cookie of the request with that number, the first being 1. */
    static long cookie(int requestNumber) {
        return requestNumber * 0x9e3779b97f4a7c15L;
    }

    ScriptedServer exportInfo(int option, long size, int flags) {
        return reply(option, 3, bytes().u16(0).u64(size).u16(flags));
    }

    ScriptedServer ack(int option) {
        return reply(option, 1, bytes());
    }

    ScriptedServer reply(int option, int type, ScriptedServer data) {
        return u64(0x3e889045565a9L).u32(option).u32(type).u32(data.script.size()).raw(data.script.toByteArray());
    }

    ScriptedServer simpleReply(int requestNumber, int error) {
        return u32(0x67446698).u32(error).u64(cookie(requestNumber));
    }

    ScriptedServer chunk(int requestNumber, int flags, int type, ScriptedServer payload) {
        return u32(0x668e33ef)
                .u16(flags)
                .u16(type)
                .u64(cookie(requestNumber))
                .u32(payload.script.size())
                .raw(payload.script.toByteArray());
    }

    ScriptedServer dataChunk(int requestNumber, int flags, long offset, String data) {
        return chunk(requestNumber, flags, 1, bytes().u64(offset).text(data));
    }

    ScriptedServer holeChunk(int requestNumber, int flags, long offset, long length) {
        return chunk(requestNumber, flags, 2, bytes().u64(offset).u32(length));
    }

    /** An answer to the first request: length and flags of each extent in turns. */
    ScriptedServer status(int flags, int contextId, int... extents) {
        final ScriptedServer payload = bytes().u32(contextId);
        for (final int word : extents) {
            payload.u32(word);
        }
        return chunk(1, flags, 5, payload);
    }

    ScriptedServer u16(int value) {
        return raw(ByteBuffer.allocate(2).putShort((short) value).array());
    }

    ScriptedServer u32(long value) {
        return raw(ByteBuffer.allocate(4).putInt((int) value).array());
    }

    ScriptedServer u64(long value) {
        return raw(ByteBuffer.allocate(8).putLong(value).array());
    }

    ScriptedServer text(String text) {
        return raw(text.getBytes(UTF_8));
    }

    ScriptedServer string(String text) {
        return u32(text.getBytes(UTF_8).length).text(text);
    }

    ScriptedServer raw(byte... bytes) {
        script.writeBytes(bytes);
        return this;
    }

    /** All that the client has sent since the last call. */
    String takeReceived() {
        final String hex = HexFormat.of().formatHex(received.toByteArray());
        received.reset();
        return hex;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        demandOpen();
        if (unread == null) {
            unread = ByteBuffer.wrap(script.toByteArray());
        }
        if (!unread.hasRemaining()) {
            return -1;
        }
        final int length = Math.min(Math.min(PIECE_LENGTH, target.remaining()), unread.remaining());
        target.put(unread.slice(unread.position(), length));
        unread.position(unread.position() + length);
        return length;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        demandOpen();
        final byte[] bytes = new byte[Math.min(PIECE_LENGTH, source.remaining())];
        source.get(bytes);
        received.writeBytes(bytes);
        return bytes.length;
    }

    @Override
    public boolean isOpen() {
        return closeCount == 0;
    }

    @Override
    public void close() {
        closeCount++;
    }

    private void demandOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }
}
