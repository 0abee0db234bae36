package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.ChunkHasher;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A piece of a blob on its way to the disk: pages, their checksums, and the digests of their chunks.
 *
 * <p>Owned by the thread that fills it, then by the one that processes it, then by the first again.
 */
final class Segment {

    /** Bytes: as many chunks as are hashed at once. */
    static final int LENGTH = 8 << 20;
    static final int PAGE_COUNT = LENGTH / Pages.PAGE_SIZE;
    static final int CHUNK_LENGTH = 64 * 1024;
    static final int CHUNK_PAGES = CHUNK_LENGTH / Pages.PAGE_SIZE;

    private static final int CHUNK_COUNT = LENGTH / CHUNK_LENGTH;
    /** Small enough to be checksummed from the processor's cache, where a write into the page cache left it. */
    static final int CACHED_WRITE_LENGTH = 256 * 1024;

    final UnsafeBuffer pages = Buffers.alignedDirect(LENGTH);
    private final UnsafeBuffer crcs = Buffers.alignedDirect(PAGE_COUNT * Integer.BYTES);
    private final UnsafeBuffer digests = Buffers.alignedDirect(CHUNK_COUNT * Sha256.LENGTH);
    private final ChunkHasher hasher = new ChunkHasher();
    private BlockFile file;
    private int writeLength;
    private long position;
    private int length;

    /**
     * Empties it for the part of the blob that begins at {@code newPosition}.
     *
     * @param newWriteLength bytes that go to the file in one call, whole pages
     */
    void begin(long newPosition, BlockFile newFile, int newWriteLength) {
        position = newPosition;
        file = newFile;
        writeLength = newWriteLength;
        length = 0;
    }

    /** Bytes that hold pages of the blob. */
    int length() {
        return length;
    }

    void grow(int byteCount) {
        length += byteCount;
    }

    /** Page of the blob that the next page will be. */
    long nextBlobPage() {
        return Pages.index(position + length);
    }

    /** Writes the pages, then computes what the tables get; any thread. */
    void process() throws IOException {
        for (int done = 0; done < length; done += writeLength) {
            int count = Math.min(writeLength, length - done);
            file.write(position + done, pages, done, count);
            for (int i = done; i < done + count; i += Pages.PAGE_SIZE) {
                crcs.putInt(i / Pages.PAGE_SIZE * Integer.BYTES, Crc32c.of(pages, i, Pages.PAGE_SIZE), LITTLE_ENDIAN);
            }
        }
        int whole = length / CHUNK_LENGTH;
        hasher.hash(pages, 0, CHUNK_LENGTH, whole, digests, 0);
        if (length % CHUNK_LENGTH != 0) {
            hasher.hash(pages, whole * CHUNK_LENGTH, length % CHUNK_LENGTH, 1, digests, whole * Sha256.LENGTH);
        }
    }

    /** Hands checksums and digests over; segments in the order of the blob. */
    void appendTo(TableWriter crcTable, TableWriter chunkTable) throws IOException {
        crcTable.append(crcs, 0, Math.toIntExact(Pages.count(length)) * Integer.BYTES);
        chunkTable.append(digests, 0, (length + CHUNK_LENGTH - 1) / CHUNK_LENGTH * Sha256.LENGTH);
    }
}
