package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The answer to one request while it arrives, and the judge of it: each chunk must be legal for the request, and
 * the whole must be complete when it ends.
 *
 * <p>Owned by the {@link Link} that received it.
 */
final class Answer {

    /** One run of BLOCK_STATUS. Immutable. */
    record Extent(long length, long status) {}

    /** One chunk. Immutable. */
    record Chunk(int type, long offset, long length) {}

    final int type;
    final int flags;
    final long offset;
    final long length;
    final List<Chunk> chunks = new ArrayList<>();
    /** By context id, in the order of arrival. */
    final Map<Integer, List<Extent>> extents = new LinkedHashMap<>();
    /** 0 is success. */
    int error;
    /** Of a READ; null until the first content came. */
    byte[] data;
    boolean complete;
    private final BitSet covered = new BitSet();

    Answer(int type, int flags, long offset, long length) {
        this.type = type;
        this.flags = flags;
        this.offset = offset;
        this.length = length;
    }

    /** @param payload of a successful READ */
    void simple(int error, byte[] payload) {
        checkError(error);
        this.error = error;
        data = payload;
        complete = true;
    }

    private static void checkError(int error) {
        assertThat(error).as("error number").matches(value -> value == 0 || Nbd.ERRORS.contains(value));
    }

    /** @param body without the header */
    void chunk(int chunkFlags, int chunkType, byte[] body, Link link) {
        assertThat(complete).as("chunk behind the last").isFalse();
        assertThat(chunkFlags & ~Nbd.DONE).as("flags of a chunk").isZero();
        ByteBuffer in = Bytes.view(body);
        switch (chunkType) {
            case Nbd.CHUNK_NONE -> {
                assertThat(body).as("NONE").isEmpty();
                assertThat(chunkFlags).as("flags of NONE").isEqualTo(Nbd.DONE);
                chunks.add(new Chunk(chunkType, 0, 0));
            }
            case Nbd.CHUNK_DATA -> {
                assertThat(body.length).as("length of OFFSET_DATA").isGreaterThanOrEqualTo(9);
                content(chunkType, in.getLong(), body.length - 8, link);
                in.get(data, (int) (chunks.get(chunks.size() - 1).offset - offset), body.length - 8);
            }
            case Nbd.CHUNK_HOLE -> {
                assertThat(body).as("OFFSET_HOLE").hasSize(12);
                content(chunkType, in.getLong(), Integer.toUnsignedLong(in.getInt()), link);
            }
            case Nbd.CHUNK_STATUS, Nbd.CHUNK_STATUS_EXT -> status(chunkType, in, link);
            case Nbd.CHUNK_ERROR, Nbd.CHUNK_ERROR_OFFSET -> error(chunkType, in);
            default -> throw new AssertionError("unknown chunk type " + chunkType);
        }
        if ((chunkFlags & Nbd.DONE) != 0) {
            end(link);
        }
    }

    private void content(int chunkType, long at, long size, Link link) {
        assertThat(type).as("command that content belongs to").isEqualTo(Nbd.READ);
        assertThat(size).as("bytes of content").isPositive();
        assertThat(chunkType == Nbd.CHUNK_DATA ? size : 0)
                .as("variable part of a chunk").isLessThanOrEqualTo(Math.max(length, link.facts().maximumPayload()));
        assertThat(at).as("start of the content").isGreaterThanOrEqualTo(offset);
        assertThat(at + size).as("end of the content").isLessThanOrEqualTo(offset + length);
        int from = (int) (at - offset);
        int to = (int) (from + size);
        int overlap = covered.nextSetBit(from);
        assertThat(overlap < 0 || overlap >= to).as("content at %d comes once", at).isTrue();
        covered.set(from, to);
        if (data == null) {
            data = new byte[(int) length];
        }
        chunks.add(new Chunk(chunkType, at, size));
        if ((flags & Nbd.DF) != 0) {
            assertThat(chunks).as("content chunks with DF").hasSize(1);
        }
    }

    private void error(int chunkType, ByteBuffer in) {
        int fixed = chunkType == Nbd.CHUNK_ERROR ? 6 : 14;
        assertThat(in.remaining()).as("length of an error chunk").isGreaterThanOrEqualTo(fixed);
        int value = in.getInt();
        checkError(value);
        assertThat(value).as("error of an error chunk").isNotZero();
        int messageLength = in.getShort() & 0xffff;
        int tail = fixed - 6;
        assertThat(messageLength).as("length of the message").isEqualTo(in.remaining() - tail);
        byte[] message = new byte[messageLength];
        in.get(message);
        OptionReply.text(message, 0, messageLength);
        long at = tail == 0 ? 0 : in.getLong();
        if (tail != 0) {
            assertThat(at).as("offset of the error").isBetween(offset, offset + length);
        }
        assertThat(error).as("earlier error of the same reply").isZero();
        error = value;
        chunks.add(new Chunk(chunkType, at, 0));
    }

    private void status(int chunkType, ByteBuffer in, Link link) {
        boolean extended = chunkType == Nbd.CHUNK_STATUS_EXT;
        assertThat(type).as("command that a status belongs to").isEqualTo(Nbd.STATUS);
        assertThat(extended).as("extended form of the status").isEqualTo(link.style() == Link.Style.EXTENDED);
        int id = in.getInt();
        assertThat(link.contexts()).as("selected contexts").contains(id);
        List<Extent> list = new ArrayList<>();
        if (extended) {
            int count = in.getInt();
            assertThat(in.remaining()).as("bytes of %d extents", count).isEqualTo(16 * count);
        } else {
            assertThat(in.remaining() % 8).as("odd bytes of extents").isZero();
        }
        while (in.hasRemaining()) {
            list.add(extended
                    ? new Extent(in.getLong(), in.getLong())
                    : new Extent(Integer.toUnsignedLong(in.getInt()), Integer.toUnsignedLong(in.getInt())));
        }
        assertThat(list).as("extents").isNotEmpty().allMatch(extent -> extent.length > 0);
        assertThat(list.size()).as("count of extents").isLessThanOrEqualTo(1 << 20);
        long head = list.subList(0, list.size() - 1).stream().mapToLong(Extent::length).sum();
        long whole = head + list.get(list.size() - 1).length;
        assertThat(head).as("extents but for the last").isLessThan(length);
        assertThat(offset + whole).as("end of the extents").isLessThanOrEqualTo(link.facts().size());
        if ((flags & Nbd.REQ_ONE) != 0) {
            assertThat(list).as("extents with REQ_ONE").hasSize(1);
            assertThat(whole).as("length of the extent with REQ_ONE").isLessThanOrEqualTo(length);
        }
        assertThat(extents.put(id, list)).as("earlier status of context " + id).isNull();
        chunks.add(new Chunk(chunkType, offset, whole));
    }

    private void end(Link link) {
        complete = true;
        if (error == 0 && type == Nbd.READ) {
            assertThat(covered.cardinality()).as("bytes that a successful READ brought").isEqualTo((int) length);
            if (data == null) {
                data = new byte[0];
            }
        }
        if (error == 0 && type == Nbd.STATUS && length > 0) {
            assertThat(extents).as("contexts that a status came for").isNotEmpty();
            if ((flags & Nbd.PAYLOAD_LEN) == 0) {
                assertThat(extents.keySet()).as("contexts that a status came for").isEqualTo(link.contexts());
            }
        }
    }

    long count(int chunkType) {
        return chunks.stream().filter(chunk -> chunk.type == chunkType).count();
    }
}
