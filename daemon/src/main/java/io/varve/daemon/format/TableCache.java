package io.varve.daemon.format;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Blocks of the tables of one file, off the heap: tables are never read whole, because those of a large disk are larger
 * than what anybody asks for.
 *
 * <p>Design note: direct mapped, and a block that was read never changes, so that a look is one plain read of a
 * reference, without a lock and without a reference count. Who still uses a block that another one has replaced keeps
 * it alive.
 *
 * <p>Thread-safe because blocks are immutable once they are published.
 */
public final class TableCache {

    /** Bytes of a block; positions of blocks are multiples of it. */
    public static final int BLOCK_LENGTH = 4096;
    private static final int BLOCK_SHIFT = 12;

    private final BlockFile file;
    private final long end;
    private final AtomicReferenceArray<Block> slots;
    private final int mask;

    /** Immutable. */
    private record Block(long number, DirectBuffer bytes) {}

    /**
     * @param end       byte in the file behind the last one that may be asked for
     * @param slotCount blocks that are kept, a power of two
     */
    public TableCache(BlockFile file, long end, int slotCount) {
        if (Integer.bitCount(slotCount) != 1) {
            throw new IllegalArgumentException(slotCount + " slots are no power of two");
        }
        this.file = file;
        this.end = end;
        this.slots = new AtomicReferenceArray<>(slotCount);
        this.mask = slotCount - 1;
    }

    /**
     * The block that holds a byte of the file; the byte is at {@link #indexOf} in it. The last block may be shorter.
     *
     * @param length  bytes from {@code position} on that the caller needs; they lie inside one block
     * @param mayWait whether to read from the disk
     * @return null if that would have to wait
     * @throws CorruptDataException if the bytes do not lie inside the file
     */
    public DirectBuffer block(long position, int length, boolean mayWait) throws IOException {
        if (position < 0 || length > end - position) {
            throw new CorruptDataException(
                    file.name(), position, "a table should be there, but the file ends at " + end);
        }
        long number = position >>> BLOCK_SHIFT;
        Block present = slots.getAcquire(slot(number));
        if (present != null && present.number == number) {
            return present.bytes;
        }
        return reload(position, mayWait);
    }

    private int slot(long number) {
        return (int) (number ^ number >>> 20) & mask;
    }

    /**
     * The block that holds a byte of the file, read anew, for who finds that tables do not fit each other: somebody may
     * be changing the file in a way that readers allow.
     *
     * @param position inside the file, as {@link #block} has found
     * @return null if that would have to wait
     */
    public DirectBuffer reload(long position, boolean mayWait) throws IOException {
        long number = position >>> BLOCK_SHIFT;
        Block read = read(number, mayWait);
        if (read == null) {
            return null;
        }
        slots.setRelease(slot(number), read);
        return read.bytes;
    }

    /** Of a byte of the file in its block. */
    public static int indexOf(long position) {
        return (int) position & BLOCK_LENGTH - 1;
    }

    private Block read(long number, boolean mayWait) throws IOException {
        long start = number << BLOCK_SHIFT;
        int length = (int) Math.min(BLOCK_LENGTH, end - start);
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        if (mayWait) {
            file.read(start, bytes, 0, length);
        } else {
            int done = 0;
            while (done < length) {
                int count = file.readNow(start + done, bytes, done, length - done);
                if (count == BlockSource.WOULD_BLOCK) {
                    return null;
                }
                done += count;
            }
        }
        return new Block(number, bytes);
    }
}
