package io.varve.nbd.session;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.RequestFlyweight;
import io.varve.nbd.wire.SimpleReplyFlyweight;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A session with a scripted peer: requests go in as bytes, replies come out parsed. Owned by the test's thread. */
final class SessionHarness implements Outlet {

    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ReplyStyle style;
    final Session session;
    /** Bytes that the peer still takes. */
    long room = Long.MAX_VALUE;
    boolean flushRequested;
    /** What can be sent without a copy; null if nothing can. */
    byte[] file;
    int fileDescriptor;
    /** Bytes that were sent so. */
    long lent;

    SessionHarness(Export export, ReplyStyle style) {
        this.style = style;
        List<Negotiated.SelectedContext> contexts =
                style == ReplyStyle.SIMPLE ? List.of() : List.of(new Negotiated.SelectedContext(0, 7));
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
    public int sendWithFile(DirectBuffer buffer, int index, int length, int descriptor, long position, int lentLength) {
        if (file == null || descriptor != fileDescriptor) {
            return 0;
        }
        int first = send(buffer, index, length);
        int second = first < length ? 0 : send(new UnsafeBuffer(file), (int) position, lentLength);
        lent += second;
        return first + second;
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

    static byte[] extended(int type, int flags, long cookie, long offset, long length, byte... payload) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RequestFlyweight.EXTENDED_LENGTH + payload.length]);
        RequestFlyweight.encodeExtended(buffer, 0, flags, type, cookie, offset, length);
        buffer.putBytes(RequestFlyweight.EXTENDED_LENGTH, payload);
        return buffer.byteArray();
    }

    /** In the form that the style wants. */
    static byte[] request(
            ReplyStyle style, int type, int flags, long cookie, long offset, long length, byte... payload) {
        if (style != ReplyStyle.EXTENDED) {
            return request(type, flags, cookie, offset, length, payload);
        }
        int payloadFlag = type == NbdProtocol.CMD_WRITE ? NbdProtocol.CMD_FLAG_PAYLOAD_LEN : 0;
        return extended(type, flags | payloadFlag, cookie, offset, length, payload);
    }

    /** All whole replies that the peer has received and not yet taken from here. */
    List<Received> takeReplies() {
        UnsafeBuffer buffer = new UnsafeBuffer(received.toByteArray());
        received.reset();
        List<Received> replies = new ArrayList<>();
        int index = 0;
        while (index < buffer.capacity()) {
            index += style == ReplyStyle.SIMPLE
                    ? parseSimple(buffer, index, replies)
                    : parseChunk(buffer, index, replies);
        }
        if (!begun.isEmpty()) {
            throw new AssertionError("replies without a last chunk: " + begun.keySet());
        }
        return replies;
    }

    byte[] takeRaw() {
        byte[] bytes = received.toByteArray();
        received.reset();
        return bytes;
    }

    /** Lengths of READ payloads by cookie, which a simple reply does not carry. */
    final Map<Long, Integer> readLengths = new HashMap<>();

    private int parseSimple(UnsafeBuffer buffer, int index, List<Received> replies) {
        SimpleReplyFlyweight reply = new SimpleReplyFlyweight().wrap(buffer, index);
        if (reply.magic() != NbdProtocol.SIMPLE_REPLY_MAGIC) {
            throw new AssertionError("no simple reply at " + index);
        }
        int length = reply.error() != 0 ? 0 : readLengths.getOrDefault(reply.cookie(), 0);
        byte[] data = new byte[length];
        buffer.getBytes(index + SimpleReplyFlyweight.LENGTH, data);
        replies.add(new Received(reply.cookie(), reply.error(), -1, data, List.of()));
        return SimpleReplyFlyweight.LENGTH + length;
    }

    /** By cookie: replies of which the last chunk has not come. */
    private final Map<Long, List<ChunkParser>> begun = new HashMap<>();

    private int parseChunk(UnsafeBuffer buffer, int index, List<Received> replies) {
        ChunkParser chunk = new ChunkParser(buffer, index, style == ReplyStyle.EXTENDED);
        List<ChunkParser> chunks = begun.computeIfAbsent(chunk.cookie, cookie -> new ArrayList<>());
        chunks.add(chunk);
        if (chunk.last) {
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            chunks.forEach(piece -> data.writeBytes(piece.data));
            replies.add(new Received(chunk.cookie, chunk.error, chunk.type, data.toByteArray(), chunks));
            begun.remove(chunk.cookie);
        }
        return chunk.length;
    }

    /**
     * A whole reply.
     *
     * @param chunkType of the last chunk; -1 for a simple reply
     * @param data      of all chunks, zeroes for holes
     * @param chunks    none for a simple reply
     */
    record Received(long cookie, int error, int chunkType, byte[] data, List<ChunkParser> chunks) {}

    static ExportInfo.Feature[] writable() {
        return new ExportInfo.Feature[] {
            ExportInfo.Feature.FLUSH, ExportInfo.Feature.FUA, ExportInfo.Feature.TRIM,
            ExportInfo.Feature.WRITE_ZEROES, ExportInfo.Feature.CACHE
        };
    }
}
