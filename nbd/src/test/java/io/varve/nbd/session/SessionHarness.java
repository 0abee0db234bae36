package io.varve.nbd.session;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.RequestFlyweight;
import io.varve.nbd.wire.SimpleReplyFlyweight;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A session with a scripted peer: requests go in as bytes, replies come out parsed. Owned by the test's thread. */
final class SessionHarness implements Outlet {

    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final boolean structured;
    final Session session;
    /** Bytes that the peer still takes. */
    long room = Long.MAX_VALUE;
    boolean flushRequested;

    SessionHarness(Export export, ReplyStyle style) {
        structured = style == ReplyStyle.STRUCTURED;
        List<Negotiated.SelectedContext> contexts =
                structured ? List.of(new Negotiated.SelectedContext(0, 7)) : List.of();
        SlotPool pool = new SlotPool(1 << 20);
        session = new Session(
                new Negotiated(export, export.info(), 0, style, contexts), this, pool, pool.acquire(256 * 1024));
    }

    @Override
    public int send(DirectBuffer buffer, int index, int length) {
        int taken = (int) Math.min(room, length);
        byte[] bytes = new byte[taken];
        buffer.getBytes(index, bytes);
        received.writeBytes(bytes);
        room -= taken;
        return taken;
    }

    @Override
    public void requestFlush() {
        flushRequested = true;
    }

    /** Gives the session {@code bytes}, in pieces of at most {@code pieceLength}; stops where it wants no more. */
    int feed(byte[] bytes, int from, int pieceLength) {
        int index = from;
        while (index < bytes.length && session.wantsInput()) {
            int length = Math.min(Math.min(pieceLength, bytes.length - index), session.prepareReceive());
            session.receiveBuffer().putBytes(session.receiveIndex(), bytes, index, length);
            index += length;
            session.onReceived(length);
            session.flush();
        }
        return index;
    }

    void feed(byte[] bytes) {
        feed(bytes, 0, Integer.MAX_VALUE);
    }

    static byte[] request(int type, int flags, long cookie, long offset, long length, byte... payload) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RequestFlyweight.LENGTH + payload.length]);
        RequestFlyweight.encode(buffer, 0, flags, type, cookie, offset, length);
        buffer.putBytes(RequestFlyweight.LENGTH, payload);
        return buffer.byteArray();
    }

    /** All whole replies that the peer has received and not yet taken from here. */
    List<Received> takeReplies() {
        UnsafeBuffer buffer = new UnsafeBuffer(received.toByteArray());
        received.reset();
        List<Received> replies = new ArrayList<>();
        int index = 0;
        while (index < buffer.capacity()) {
            index += structured ? parseChunk(buffer, index, replies) : parseSimple(buffer, index, replies);
        }
        return replies;
    }

    byte[] takeRaw() {
        byte[] bytes = received.toByteArray();
        received.reset();
        return bytes;
    }

    /** Lengths of READ payloads by cookie, which a simple reply does not carry. */
    final java.util.Map<Long, Integer> readLengths = new java.util.HashMap<>();

    private int parseSimple(UnsafeBuffer buffer, int index, List<Received> replies) {
        SimpleReplyFlyweight reply = new SimpleReplyFlyweight().wrap(buffer, index);
        if (reply.magic() != NbdProtocol.SIMPLE_REPLY_MAGIC) {
            throw new AssertionError("no simple reply at " + index);
        }
        int length = reply.error() != 0 ? 0 : readLengths.getOrDefault(reply.cookie(), 0);
        byte[] data = new byte[length];
        buffer.getBytes(index + SimpleReplyFlyweight.LENGTH, data);
        replies.add(new Received(reply.cookie(), reply.error(), -1, data));
        return SimpleReplyFlyweight.LENGTH + length;
    }

    private int parseChunk(UnsafeBuffer buffer, int index, List<Received> replies) {
        StructuredChunkFlyweight chunk = new StructuredChunkFlyweight().wrap(buffer, index);
        if (chunk.magic() != NbdProtocol.STRUCTURED_REPLY_MAGIC || chunk.flags() != NbdProtocol.REPLY_FLAG_DONE) {
            throw new AssertionError("no last chunk at " + index);
        }
        int length = (int) chunk.payloadLength();
        int payload = index + StructuredChunkFlyweight.LENGTH;
        int error = 0;
        byte[] data = new byte[0];
        switch (chunk.type()) {
            case NbdProtocol.REPLY_TYPE_OFFSET_DATA -> {
                data = new byte[length - 8];
                buffer.getBytes(payload + 8, data);
            }
            case NbdProtocol.REPLY_TYPE_OFFSET_HOLE ->
                    data = new byte[buffer.getInt(payload + 8, ByteOrder.BIG_ENDIAN)];
            case NbdProtocol.REPLY_TYPE_ERROR -> error = buffer.getInt(payload, ByteOrder.BIG_ENDIAN);
            case NbdProtocol.REPLY_TYPE_BLOCK_STATUS -> {
                data = new byte[length];
                buffer.getBytes(payload, data);
            }
            default -> { }
        }
        replies.add(new Received(chunk.cookie(), error, chunk.type(), data));
        return StructuredChunkFlyweight.LENGTH + length;
    }

    /** @param chunkType -1 for a simple reply */
    record Received(long cookie, int error, int chunkType, byte[] data) {}

    static ExportInfo.Feature[] writable() {
        return new ExportInfo.Feature[] {
            ExportInfo.Feature.FLUSH, ExportInfo.Feature.FUA, ExportInfo.Feature.TRIM,
            ExportInfo.Feature.WRITE_ZEROES, ExportInfo.Feature.CACHE
        };
    }
}
