package io.varve.daemon.format.vhdx;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a new VHDX, from the start of the disk to its end. What is not written stays zero, or is the parent's.
 *
 * <p>The file is a VHDX only once {@link #finish} wrote its identifier, after everything else is durable. Its log is
 * empty: nothing is ever changed in place. A writer that failed leaves a file that no reader takes; who made the file
 * deletes it.
 *
 * <p>Owned by the thread that writes the file.
 */
public final class VhdxWriter implements ImageWriter {

    private static final int NONE = -1;

    private final BlockFile file;
    private final VhdxShape shape;
    private final Supplier<UUID> ids;
    private final VhdxParent parentOrNull;
    private final Geometry geometry;
    private final long tableLength;
    private final UnsafeBuffer entry = Buffers.alignedDirect(Long.BYTES);
    /** Of the current chunk; of a differencing disk only. */
    private final UnsafeBuffer bitmap;
    private boolean chunkIsPartial;
    private long block = NONE;
    private long blockPosition = NONE;
    private long sectorCount;
    private long nextPosition;
    private boolean finished;

    private VhdxWriter(BlockFile file, VhdxShape shape, Supplier<UUID> ids, VhdxParent parentOrNull) {
        this.file = file;
        this.shape = shape;
        this.ids = ids;
        this.parentOrNull = parentOrNull;
        this.geometry = new Geometry(shape.size(), Integer.numberOfTrailingZeros(shape.blockSize()),
                Integer.numberOfTrailingZeros(shape.sectorSize()), parentOrNull != null, Optional.empty());
        this.tableLength = (geometry.entryCount() * Long.BYTES + Structures.UNIT - 1) / Structures.UNIT
                * Structures.UNIT;
        this.nextPosition = HeaderSection.TABLE_POSITION + tableLength;
        this.bitmap = parentOrNull == null ? null : Buffers.alignedDirect(Structures.UNIT);
    }

    /**
     * @param file empty; stays the caller's
     * @param ids  fresh identifiers, random
     */
    public static VhdxWriter dynamic(BlockFile file, VhdxShape shape, Supplier<UUID> ids) {
        return new VhdxWriter(file, shape, ids, null);
    }

    /** As {@link #dynamic}, with a parent that says what is not written here, sector by sector. */
    public static VhdxWriter differencing(BlockFile file, VhdxShape shape, Supplier<UUID> ids, VhdxParent parent) {
        return new VhdxWriter(file, shape, ids, Objects.requireNonNull(parent));
    }

    /**
     * Writes whole sectors. Ranges come in the order of the disk, and do not overlap.
     *
     * @param source off-heap
     */
    @Override
    public void write(long offset, DirectBuffer source, int index, int length) throws IOException {
        check(offset, length);
        int done = 0;
        while (done < length) {
            int count = (int) enter(offset + done, length - done);
            allocate();
            mark(offset + done, count);
            file.write(blockPosition + (offset + done) % shape.blockSize(), source, index + done, count);
            done += count;
        }
    }

    /** Makes whole sectors zero, whatever the parent says; in the order of the disk, as {@link #write}. */
    @Override
    public void zero(long offset, long length) throws IOException {
        check(offset, length);
        if (parentOrNull == null) {
            return;
        }
        long done = 0;
        while (done < length) {
            long count = enter(offset + done, length - done);
            if (count == usedLength()) {
                putEntry(geometry.entryIndex(block), BlockTable.ZERO);
            } else {
                allocate();
                mark(offset + done, count);
            }
            done += count;
        }
    }

    private void check(long offset, long length) {
        if (finished || offset < 0 || length < 0 || offset > shape.size() - length
                || (offset | length) % shape.sectorSize() != 0) {
            throw new IllegalArgumentException(length + " bytes at " + offset + " of a disk of " + shape.size()
                    + (finished ? " that is finished" : ": should be whole sectors inside"));
        }
    }

    /** Makes the block of a byte the current one; answers how much of the range lies in it. */
    private long enter(long offset, long maxLength) throws IOException {
        long wanted = offset >>> geometry.blockShift();
        if (wanted < block) {
            throw new IllegalArgumentException("byte " + offset + " comes after a later block");
        }
        if (wanted > block) {
            leaveBlock();
            if (block != NONE && wanted >>> geometry.chunkShift() != block >>> geometry.chunkShift()) {
                leaveChunk();
            }
            block = wanted;
            blockPosition = NONE;
            sectorCount = 0;
        }
        return Math.min(maxLength, shape.blockSize() - offset % shape.blockSize());
    }

    /** Bytes of the current block that are of the disk. */
    private long usedLength() {
        return Math.min(shape.blockSize(), shape.size() - (block << geometry.blockShift()));
    }

    private void allocate() {
        if (blockPosition == NONE) {
            blockPosition = nextPosition;
            nextPosition += shape.blockSize();
        }
    }

    /** Says that sectors of the current block are in this file. What is not written of them is a hole, and zero. */
    private void mark(long offset, long length) {
        sectorCount += length / shape.sectorSize();
        if (parentOrNull != null) {
            long chunkMask = (1L << Geometry.CHUNK_SECTOR_SHIFT) - 1;
            int bit = (int) (offset / shape.sectorSize() & chunkMask);
            int end = bit + (int) (length / shape.sectorSize());
            for (; bit < end; bit++) {
                bitmap.putByte(bit >>> 3, (byte) (bitmap.getByte(bit >>> 3) | 1 << (bit & 7)));
            }
        }
    }

    private void leaveBlock() throws IOException {
        if (block == NONE || blockPosition == NONE) {
            return;
        }
        boolean isPartial = parentOrNull != null && sectorCount * shape.sectorSize() < usedLength();
        chunkIsPartial |= isPartial;
        putEntry(geometry.entryIndex(block),
                blockPosition | (isPartial ? BlockTable.PARTIALLY_PRESENT : BlockTable.FULLY_PRESENT));
    }

    private void leaveChunk() throws IOException {
        if (chunkIsPartial) {
            file.write(nextPosition, bitmap, 0, bitmap.capacity());
            putEntry(geometry.bitmapEntryIndex(block >>> geometry.chunkShift()),
                    nextPosition | BlockTable.FULLY_PRESENT);
            nextPosition += bitmap.capacity();
            chunkIsPartial = false;
        }
        if (bitmap != null) {
            bitmap.setMemory(0, bitmap.capacity(), (byte) 0);
        }
    }

    private void putEntry(long index, long value) throws IOException {
        entry.putLong(0, value, LITTLE_ENDIAN);
        file.write(HeaderSection.TABLE_POSITION + index * Long.BYTES, entry, 0, Long.BYTES);
    }

    /** Makes the file a VHDX, durably. Once, last. */
    @Override
    public void finish() throws IOException {
        check(0, 0);
        finished = true;
        leaveBlock();
        leaveChunk();
        file.truncate(nextPosition);
        HeaderSection.writeMetadata(file, shape, ids.get(), parentOrNull);
        HeaderSection.writeRegions(file, tableLength);
        HeaderSection.writeHeaders(file, ids.get(), ids.get());
        file.sync();
        HeaderSection.writeIdentifier(file);
        file.sync();
    }
}
