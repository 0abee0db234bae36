package io.varve.daemon.format.vhd;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Blocks, bitmaps and the block table of a dynamic or differencing VHD that takes in what its child has.
 *
 * <p>A block that was absent goes behind the old end of the file, the n-th new one at the n-th place. It is known again
 * by that: what the table says to lie there is new, and was absent before. New blocks lie in the file, as zeros, before
 * the table says so; the bits of a block only ever grow by those of the child's sectors. Therefore the parent says at
 * each moment what it said before of every sector that the child leaves to it.
 *
 * <p>Design note: entries are written in aligned pairs, because eight bytes reach who reads the file at the same time
 * in one piece.
 *
 * <p>Owned by the thread that merges.
 */
final class MergedBlocks {

    private static final int ABSENT = -1;
    /** What a sector number can say, but for the one that means absent. */
    private static final long MAX_SECTOR = 0xFFFF_FFFEL;

    private final BlockFile file;
    private final VhdLayout layout;
    private final long firstPosition;
    private final long stride;
    private final long oldEnd;
    private final UnsafeBuffer pair = Buffers.alignedDirect(Long.BYTES);
    private final UnsafeBuffer bitmap;
    /** Entries to be written, block and sector in turn. */
    private final LongArrayList entries = new LongArrayList();
    private long plannedCount;
    private long nextNew;

    private long block;
    private long position;
    private boolean isNew;

    MergedBlocks(BlockFile file, VhdLayout layout, long lengthBefore) {
        this.file = file;
        this.layout = layout;
        this.oldEnd = lengthBefore;
        long bitmapLength = layout.bitmapLength();
        this.bitmap = Buffers.alignedDirect((int) bitmapLength);
        // Data at whole pages of the file, as in a new one.
        this.firstPosition = roundUp(lengthBefore + bitmapLength) - bitmapLength;
        this.stride = roundUp(bitmapLength + layout.blockLength());
    }

    private static long roundUp(long length) {
        return (length + Pages.PAGE_SIZE - 1) / Pages.PAGE_SIZE * Pages.PAGE_SIZE;
    }

    long blockLength() {
        return layout.blockLength();
    }

    long lengthLimit() {
        long blockCount = (layout.size() - 1) / layout.blockLength() + 1;
        // Where no entry of the table can lead, no block is put.
        long placeCount = MAX_SECTOR * VhdImage.SECTOR_LENGTH / stride + 1;
        return firstPosition + Math.min(blockCount, placeCount) * stride + VhdFooter.LENGTH;
    }

    /** Byte in the file behind all that was planned, where the footer belongs. */
    long end() {
        return firstPosition + plannedCount * stride;
    }

    void plan(long blockIndex) throws IOException {
        if (isNew(blockIndex, plannedCount)) {
            plannedCount++;
            if (end() / VhdImage.SECTOR_LENGTH > MAX_SECTOR) {
                throw new CorruptDataException(file.name(), entryPosition(blockIndex),
                        "a new block would be at " + end() + ", where no entry of the table can lead");
            }
        }
    }

    void resumeHere() {
        nextNew = plannedCount;
    }

    private long entryPosition(long blockIndex) {
        return layout.tablePosition() + blockIndex * Integer.BYTES;
    }

    /** Where the table says that a block is, byte in the file; {@link #ABSENT} if it says so. */
    private long entry(long blockIndex) throws IOException {
        file.read(entryPosition(blockIndex), pair, 0, Integer.BYTES);
        int entry = pair.getInt(0, BIG_ENDIAN);
        return entry == ABSENT ? ABSENT : (entry & 0xFFFF_FFFFL) * VhdImage.SECTOR_LENGTH;
    }

    private long usedLength(long blockIndex) {
        return Math.min(layout.blockLength(), layout.size() - blockIndex * layout.blockLength());
    }

    /** Whether the merge brings this block into the file; it may have done so already, as the {@code count}-th. */
    private boolean isNew(long blockIndex, long count) throws IOException {
        long found = entry(blockIndex);
        if (found == ABSENT || found == firstPosition + count * stride) {
            return true;
        }
        long length = layout.bitmapLength() + usedLength(blockIndex);
        if (found > oldEnd - length || layout.overlapsTables(found, length)) {
            throw new CorruptDataException(file.name(), entryPosition(blockIndex),
                    "a block should be at " + found + ", which is no place for one in the " + oldEnd
                            + " bytes that the file had before the merge");
        }
        position = found;
        return false;
    }

    void enter(long blockIndex) throws IOException {
        block = blockIndex;
        isNew = isNew(blockIndex, nextNew);
        if (isNew) {
            position = firstPosition + nextNew++ * stride;
            // Whoever looks at the bits of a dynamic disk finds zeros either way; most writers set them all.
            bitmap.setMemory(0, bitmap.capacity(), (byte) (layout.differencing() ? 0 : 0xFF));
        } else {
            file.read(position, bitmap, 0, bitmap.capacity());
        }
    }

    /**
     * Says that sectors of the current block are in the file.
     *
     * @return where the first one is
     */
    long mark(long offset, long length) {
        long inBlock = offset - block * layout.blockLength();
        long endSector = (inBlock + length) / VhdImage.SECTOR_LENGTH;
        for (long sector = inBlock / VhdImage.SECTOR_LENGTH; sector < endSector; sector++) {
            int at = (int) (sector / Byte.SIZE);
            bitmap.putByte(at, (byte) (bitmap.getByte(at) | 0x80 >> sector % Byte.SIZE));
        }
        return position + layout.bitmapLength() + inBlock;
    }

    /** Also what is as it was is written: after a failed sync it may be so in memory alone. */
    void leave() throws IOException {
        file.write(position, bitmap, 0, bitmap.capacity());
        if (isNew) {
            entries.addLong(block);
            entries.addLong(position / VhdImage.SECTOR_LENGTH);
        }
    }

    /** Writes the entries of the new blocks, whose bytes are durable. Answers whether there were any. */
    boolean publish() throws IOException {
        boolean any = !entries.isEmpty();
        for (int i = 0; i < entries.size(); i += 2) {
            long at = entryPosition(entries.getLong(i));
            long start = at & -Long.BYTES;
            file.read(start, pair, 0, Long.BYTES);
            pair.putInt((int) (at - start), (int) entries.getLong(i + 1), BIG_ENDIAN);
            file.write(start, pair, 0, Long.BYTES);
        }
        entries.clear();
        return any;
    }
}
