package io.varve.daemon.cache;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bytes of chunks, and the checksums that each page of them must have: no byte leaves before the CRC32C of its
 * whole page was found right. A read stays inside one cluster; what is written at once are a few chunks.
 *
 * <p>Design note: checksums are read along with the pages, from the page cache, and are not held in memory, because a
 * table of all that could be asked for takes a thousandth of the disk, for each remote disk, on the heap.
 *
 * <p>Thread-safe because the files are and scratch memory is per thread.
 */
final class ChunkPages {

    /** Chunks that are written at once. */
    static final int MAX_WRITE_CHUNKS = 64;

    /** Of one thread: whole pages, of which a caller wants a part; and checksums. */
    private static final class Scratch {
        private final UnsafeBuffer pages = Buffers.alignedDirect(Chunks.CLUSTER_CHUNKS * Chunks.CHUNK_SIZE);
        private final UnsafeBuffer crcs =
                Buffers.alignedDirect(MAX_WRITE_CHUNKS * Chunks.PAGES_PER_CHUNK * Integer.BYTES);
    }

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final BlockFile data;
    private final BlockFile crcs;

    ChunkPages(BlockFile data, BlockFile crcs) {
        this.data = data;
        this.crcs = crcs;
    }

    /** Bytes of the file with the checksums. */
    static long crcFileLength(long diskSize) {
        return Pages.count(diskSize) * Integer.BYTES;
    }

    /** As {@link BlockSource#readNow}, of a range inside a cluster. */
    int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int skip = (int) position & Pages.PAGE_MASK;
        Scratch scratch = SCRATCH.get();
        if (skip == 0 && length >= Pages.PAGE_SIZE) {
            return readPagesNow(position, destination, index, length & ~Pages.PAGE_MASK, scratch.crcs);
        }
        int whole = (int) Pages.offset(Pages.count(skip + (long) length));
        int count = readPagesNow(position - skip, scratch.pages, 0, whole, scratch.crcs);
        if (count == BlockSource.WOULD_BLOCK) {
            return count;
        }
        int useful = Math.min(length, count - skip);
        destination.putBytes(index, scratch.pages, skip, useful);
        return useful;
    }

    private int readPagesNow(long position, MutableDirectBuffer destination, int index, int length,
            UnsafeBuffer expected) throws IOException {
        int crcLength = crcLength(length);
        if (crcs.readNow(crcPosition(position), expected, 0, crcLength) < crcLength) {
            return BlockSource.WOULD_BLOCK;
        }
        int count = data.readNow(position, destination, index, length);
        if (count < Pages.PAGE_SIZE) {
            return BlockSource.WOULD_BLOCK;
        }
        int whole = count & ~Pages.PAGE_MASK;
        verify(position, destination, index, whole, expected);
        return whole;
    }

    /** All of a range inside a cluster, waiting for the disk. */
    void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int skip = (int) position & Pages.PAGE_MASK;
        Scratch scratch = SCRATCH.get();
        if (skip == 0 && (length & Pages.PAGE_MASK) == 0) {
            readPages(position, destination, index, length, scratch.crcs);
            return;
        }
        int whole = (int) Pages.offset(Pages.count(skip + (long) length));
        readPages(position - skip, scratch.pages, 0, whole, scratch.crcs);
        destination.putBytes(index, scratch.pages, skip, length);
    }

    private void readPages(long position, MutableDirectBuffer destination, int index, int length,
            UnsafeBuffer expected) throws IOException {
        crcs.read(crcPosition(position), expected, 0, crcLength(length));
        data.read(position, destination, index, length);
        verify(position, destination, index, length, expected);
    }

    private void verify(long position, DirectBuffer buffer, int index, int length, UnsafeBuffer expected)
            throws CorruptDataException {
        for (int done = 0; done < length; done += Pages.PAGE_SIZE) {
            int crc = expected.getInt(crcLength(done), LITTLE_ENDIAN);
            if (Crc32c.of(buffer, index + done, Pages.PAGE_SIZE) != crc) {
                throw new CorruptDataException(data.name(), position + done, "the checksum of the page is wrong");
            }
        }
    }

    /**
     * Writes chunks, and then their checksums. Behind a short last one, zeros fill the page.
     *
     * @param length bytes of at most 64 chunks
     */
    void write(int firstChunk, DirectBuffer source, int index, int length) throws IOException {
        Scratch scratch = SCRATCH.get();
        long position = Chunks.position(firstChunk);
        int whole = length & ~Pages.PAGE_MASK;
        int tailCrc = 0;
        data.write(position, source, index, whole);
        if (whole < length) {
            scratch.pages.putBytes(0, source, index + whole, length - whole);
            scratch.pages.setMemory(length - whole, Pages.PAGE_SIZE - (length - whole), (byte) 0);
            tailCrc = Crc32c.of(scratch.pages, 0, Pages.PAGE_SIZE);
            data.write(position + whole, scratch.pages, 0, Pages.PAGE_SIZE);
        }
        for (int done = 0; done < whole; done += Pages.PAGE_SIZE) {
            scratch.crcs.putInt(crcLength(done), Crc32c.of(source, index + done, Pages.PAGE_SIZE), LITTLE_ENDIAN);
        }
        if (whole < length) {
            scratch.crcs.putInt(crcLength(whole), tailCrc, LITTLE_ENDIAN);
        }
        crcs.write(crcPosition(position), scratch.crcs, 0, (int) crcFileLength(length));
    }

    /** Gives back the space of a chunk. */
    void punch(int chunk) throws IOException {
        long position = Chunks.position(chunk);
        data.punchHole(position, Math.min(Chunks.CHUNK_SIZE, data.size() - position));
    }

    /** Data first; the order of the two does not matter, but that both come before the bitmap. */
    void sync() throws IOException {
        data.sync();
        crcs.sync();
    }

    private static long crcPosition(long position) {
        return Pages.index(position) * Integer.BYTES;
    }

    private static int crcLength(int length) {
        return (length >>> Pages.PAGE_SHIFT) * Integer.BYTES;
    }
}
