package io.varve.daemon.cache;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The digest of each chunk that is known. They stay when a chunk is evicted.
 *
 * <pre>
 *   entry i, at 40 * i:
 *    0                                 32         36         40
 *   +---------------------------------+----------+----------+
 *   | SHA-256 of chunk i              | kind     | CRC32C   |     kind 1: noted, 2: given; anything else: not known
 *   +---------------------------------+----------+----------+
 * </pre>
 *
 * The checksum is over the entry and then the number of the chunk, 4 bytes.
 *
 * <p>Design note: each entry says by itself whether it is known, and no bitmap does, because a torn digest that passed
 * for a known one would make its chunk impossible to fetch, for good.
 *
 * <p>Thread-safe because the file is; who writes the entry of a chunk has the chunk for itself.
 */
final class DigestFile {

    /** The digest of what came first. */
    static final int NOTED = 1;
    /** A manifest said so. */
    static final int GIVEN = 2;
    static final int UNKNOWN = 0;

    private static final int ENTRY_LENGTH = 40;
    private static final int KIND_OFFSET = Sha256.LENGTH;
    private static final int CRC_OFFSET = 36;
    /** Entries that are read or written at once. */
    private static final int MAX_ENTRIES = 64;

    private static final ThreadLocal<UnsafeBuffer> ENTRIES =
            ThreadLocal.withInitial(() -> Buffers.alignedDirect(MAX_ENTRIES * ENTRY_LENGTH));

    private final BlockFile file;

    DigestFile(BlockFile file) {
        this.file = file;
    }

    static long length(int chunkCount) {
        return ENTRY_LENGTH * (long) chunkCount;
    }

    /**
     * @param digest gets the digest, if it is known
     * @return NOTED, GIVEN or UNKNOWN
     */
    int read(int chunk, byte[] digest) throws IOException {
        int[] kinds = new int[1];
        read(chunk, 1, new UnsafeBuffer(digest), kinds);
        return kinds[0];
    }

    /**
     * @param count   at most 64
     * @param digests gets the digests that are known, 32 bytes each, in their places
     * @param kinds   gets NOTED, GIVEN or UNKNOWN
     */
    void read(int firstChunk, int count, MutableDirectBuffer digests, int[] kinds) throws IOException {
        UnsafeBuffer entries = ENTRIES.get();
        file.read(position(firstChunk), entries, 0, count * ENTRY_LENGTH);
        for (int i = 0; i < count; i++) {
            int at = i * ENTRY_LENGTH;
            int kind = entries.getInt(at + KIND_OFFSET, LITTLE_ENDIAN);
            int crc = entries.getInt(at + CRC_OFFSET, LITTLE_ENDIAN);
            entries.putInt(at + CRC_OFFSET, firstChunk + i, LITTLE_ENDIAN);
            boolean known = (kind == NOTED || kind == GIVEN) && crc == Crc32c.of(entries, at, ENTRY_LENGTH);
            kinds[i] = known ? kind : UNKNOWN;
            if (known) {
                digests.putBytes(i * Sha256.LENGTH, entries, at, Sha256.LENGTH);
            }
        }
    }

    /**
     * @param kind    NOTED or GIVEN
     * @param digests 32 bytes each
     */
    void write(int firstChunk, int count, DirectBuffer digests, int index, int kind) throws IOException {
        UnsafeBuffer entries = ENTRIES.get();
        for (int done = 0; done < count; ) {
            int step = Math.min(count - done, MAX_ENTRIES);
            for (int i = 0; i < step; i++) {
                entries.putBytes(i * ENTRY_LENGTH, digests, index + (done + i) * Sha256.LENGTH, Sha256.LENGTH);
                complete(entries, i * ENTRY_LENGTH, firstChunk + done + i, kind);
            }
            file.write(position(firstChunk + done), entries, 0, step * ENTRY_LENGTH);
            done += step;
        }
    }

    private static void complete(UnsafeBuffer buffer, int index, int chunk, int kind) {
        buffer.putInt(index + KIND_OFFSET, kind, LITTLE_ENDIAN);
        buffer.putInt(index + CRC_OFFSET, chunk, LITTLE_ENDIAN);
        int crc = Crc32c.of(buffer, index, ENTRY_LENGTH);
        buffer.putInt(index + CRC_OFFSET, crc, LITTLE_ENDIAN);
    }

    void sync() throws IOException {
        file.sync();
    }

    private static long position(int chunk) {
        return ENTRY_LENGTH * (long) chunk;
    }
}
