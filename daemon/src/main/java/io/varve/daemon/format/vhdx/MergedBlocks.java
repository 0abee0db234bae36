package io.varve.daemon.format.vhdx;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.format.merge.Coverage;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.BitSet;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Blocks, sector bitmaps and the block table of a VHDX that takes in what its child has.
 *
 * <p>Behind the old end of the file lie the new blocks, in the order of the disk, and behind them the new sector
 * bitmaps. What an entry says to lie there is new. What a block becomes follows from its entry and from what the child
 * has of it, and is the same if the entry was changed already:
 * <pre>
 *   entry                            child has    becomes
 *   fully present                    anything     the same, written in place
 *   partially present                anything     the same with more bits; fully present once all are set
 *   not present, with a parent       all, zero    zero
 *                                    all          new, fully present
 *                                    a part       new, partially present
 *   no place otherwise: reads zero   only zeros   zero (not present stays so without a parent)
 *                                    anything     new, fully present: zeros where the child has nothing
 * </pre>
 *
 * <p>Design note: the bits of a block that was not present are taken to be zero, as whoever writes the format leaves
 * them; only then does a reader with an older bitmap in memory see the same.
 *
 * <p>Owned by the thread that merges.
 */
final class MergedBlocks {

    private static final long NONE = -1;

    private final BlockFile file;
    private final Geometry geometry;
    private final long tablePosition;
    private final long oldEnd;
    private final long firstPosition;
    private final UnsafeBuffer word = Buffers.alignedDirect(Long.BYTES);
    /** Of one block. */
    private final UnsafeBuffer bits;
    /** Chunks that get a sector bitmap. */
    private final BitSet newBitmaps = new BitSet();
    /** Position and value of entries to be written, in turn. */
    private final LongArrayList entries = new LongArrayList();
    private final LongArrayList bitmapEntries = new LongArrayList();
    private long plannedCount;
    private long nextNew;

    private long block;
    private long entryNow;
    /** Of the current block, byte in the file; {@link #NONE} if it needs none. */
    private long position;
    private boolean isNew;
    /** What the block becomes, as far as it is known when it is entered. */
    private int state;

    MergedBlocks(BlockFile file, Geometry geometry, long tablePosition, long lengthBefore) {
        this.file = file;
        this.geometry = geometry;
        this.tablePosition = tablePosition;
        this.oldEnd = lengthBefore;
        this.firstPosition = (lengthBefore + Structures.UNIT - 1) / Structures.UNIT * Structures.UNIT;
        this.bits = Buffers.alignedDirect((int) (geometry.blockSize() >>> geometry.sectorShift()) / Byte.SIZE);
    }

    long lengthLimit() {
        long chunkCount = geometry.hasParent() ? chunk(geometry.blockCount() - 1) + 1 : 0;
        return firstPosition + geometry.blockCount() * geometry.blockSize() + chunkCount * Structures.UNIT;
    }

    /** Byte in the file behind all that was planned. */
    long end() {
        return bitmapsPosition() + (long) newBitmaps.cardinality() * Structures.UNIT;
    }

    private long bitmapsPosition() {
        return firstPosition + plannedCount * geometry.blockSize();
    }

    private long chunk(long blockIndex) {
        return blockIndex >>> geometry.chunkShift();
    }

    void plan(long blockIndex, Coverage coverage) throws IOException {
        judge(blockIndex, coverage, plannedCount);
        if (isNew) {
            plannedCount++;
        }
        if (isNew && state == BlockTable.PARTIALLY_PRESENT && oldBitmap(chunk(blockIndex)) == NONE) {
            newBitmaps.set((int) chunk(blockIndex));
        }
    }

    void resumeHere() {
        nextNew = plannedCount;
    }

    void enter(long blockIndex, Coverage coverage) throws IOException {
        judge(blockIndex, coverage, nextNew);
        if (isNew) {
            nextNew++;
        }
        if (state == BlockTable.PARTIALLY_PRESENT && !isNew) {
            file.read(bitsPosition(), bits, 0, bits.capacity());
        } else {
            bits.setMemory(0, bits.capacity(), (byte) 0);
        }
    }

    /** Finds out where a block is, or goes to as the {@code count}-th new one, and what it becomes. */
    private void judge(long blockIndex, Coverage coverage, long count) throws IOException {
        block = blockIndex;
        entryNow = word(entryPosition());
        int now = (int) entryNow & BlockTable.STATE_MASK;
        long newPosition = firstPosition + count * geometry.blockSize();
        switch (now) {
            case BlockTable.FULLY_PRESENT, BlockTable.PARTIALLY_PRESENT -> {
                position = start(entryNow);
                isNew = position == newPosition;
                state = now;
                if (!isNew) {
                    requireOldPlace(coverage.length());
                }
                if (now == BlockTable.PARTIALLY_PRESENT && !geometry.hasParent()) {
                    throw noState(now);
                }
            }
            case BlockTable.NOT_PRESENT, BlockTable.UNDEFINED, BlockTable.ZERO, BlockTable.UNMAPPED,
                    BlockTable.UNMAPPED_BEFORE -> {
                boolean isParents = now == BlockTable.NOT_PRESENT && geometry.hasParent();
                boolean isZero = isParents ? coverage.isZero() : coverage.saidLength() == coverage.zeroLength();
                isNew = !isZero;
                position = isNew ? newPosition : NONE;
                boolean isPartial = isParents && !coverage.isWhole();
                int newState = isPartial ? BlockTable.PARTIALLY_PRESENT : BlockTable.FULLY_PRESENT;
                int zeroState = geometry.hasParent() ? BlockTable.ZERO : now;
                state = isZero ? zeroState : newState;
            }
            default -> throw noState(now);
        }
    }

    private void requireOldPlace(long usedLength) throws CorruptDataException {
        if (position < Structures.UNIT || position > oldEnd - usedLength) {
            throw new CorruptDataException(file.name(), entryPosition(), "a block should be at MiB "
                    + position / Structures.UNIT + ", which is no place for one in the " + oldEnd
                    + " bytes that the file had before the merge");
        }
    }

    private CorruptDataException noState(int found) {
        return new CorruptDataException(file.name(), entryPosition(), "block " + block + " has the state " + found
                + ", which is none" + (geometry.hasParent() ? "" : " without a parent"));
    }

    /** Whether the current block lies in the file, or will. */
    boolean hasPlace() {
        return position != NONE;
    }

    /**
     * Says that sectors of the current block, which has a place, are in the file.
     *
     * @return where the first one is
     */
    long mark(long offset, long length) {
        long inBlock = offset & geometry.blockSize() - 1;
        long endSector = inBlock + length >>> geometry.sectorShift();
        for (long sector = inBlock >>> geometry.sectorShift(); sector < endSector; sector++) {
            int at = (int) (sector >>> 3);
            bits.putByte(at, (byte) (bits.getByte(at) | 1 << (sector & 7)));
        }
        return position + inBlock;
    }

    /** Also what is as it was is written: after a failed sync it may be so in memory alone. */
    void leave() throws IOException {
        if (state == BlockTable.PARTIALLY_PRESENT) {
            long bitsPosition = bitsPosition();
            file.write(bitsPosition, bits, 0, bits.capacity());
            if (newBitmaps.get((int) chunk(block))) {
                add(bitmapEntries, bitmapEntryPosition(chunk(block)),
                        newBitmap(chunk(block)) | BlockTable.FULLY_PRESENT);
            }
            if (!isNew && isComplete()) {
                state = BlockTable.FULLY_PRESENT;
            }
        }
        if (hasPlace()) {
            add(entries, entryPosition(), position | state);
        } else if ((int) (entryNow & BlockTable.STATE_MASK) != state || state == BlockTable.ZERO) {
            add(entries, entryPosition(), state);
        }
    }

    private boolean isComplete() {
        long used = Math.min(geometry.blockSize(), geometry.size() - (block << geometry.blockShift()));
        for (long sector = 0; sector < used >>> geometry.sectorShift(); sector++) {
            if ((bits.getByte((int) (sector >>> 3)) >>> (sector & 7) & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    private static void add(LongArrayList list, long position, long value) {
        if (list.isEmpty() || list.getLong(list.size() - 2) != position) {
            list.addLong(position);
            list.addLong(value);
        }
    }

    /** Of the current block, in the sector bitmap of its chunk. */
    private long bitsPosition() throws IOException {
        long chunk = chunk(block);
        long bitmap = newBitmaps.get((int) chunk) ? newBitmap(chunk) : oldBitmap(chunk);
        if (bitmap == NONE) {
            throw new CorruptDataException(file.name(), bitmapEntryPosition(chunk),
                    "a block is partially present, but its sector bitmap is not");
        }
        long inChunk = block & (1L << geometry.chunkShift()) - 1;
        return bitmap + inChunk * bits.capacity();
    }

    private long newBitmap(long chunk) {
        return bitmapsPosition() + (long) newBitmaps.get(0, (int) chunk).cardinality() * Structures.UNIT;
    }

    /** Of the sector bitmap that a chunk had before the merge; {@link #NONE} if it had none. */
    private long oldBitmap(long chunk) throws IOException {
        long entry = word(bitmapEntryPosition(chunk));
        long found = start(entry);
        if ((entry & BlockTable.STATE_MASK) != BlockTable.FULLY_PRESENT || found >= firstPosition) {
            return NONE;
        }
        if (found < Structures.UNIT || found > oldEnd - Structures.UNIT) {
            throw new CorruptDataException(file.name(), bitmapEntryPosition(chunk), "a sector bitmap should be at MiB "
                    + found / Structures.UNIT + ", but the file ended at " + oldEnd);
        }
        return found;
    }

    private long entryPosition() {
        return tablePosition + geometry.entryIndex(block) * Long.BYTES;
    }

    private long bitmapEntryPosition(long chunk) {
        return tablePosition + geometry.bitmapEntryIndex(chunk) * Long.BYTES;
    }

    private static long start(long entry) {
        return entry >>> BlockTable.POSITION_SHIFT << BlockTable.POSITION_SHIFT;
    }

    private long word(long at) throws IOException {
        file.read(at, word, 0, Long.BYTES);
        return word.getLong(0, LITTLE_ENDIAN);
    }

    /** Writes the entries of new sector bitmaps, which are durable. Answers whether there were any. */
    boolean publishBitmaps() throws IOException {
        return write(bitmapEntries);
    }

    /** Writes the entries of blocks, whose bytes and bitmaps are durable. Answers whether there were any. */
    boolean publish() throws IOException {
        return write(entries);
    }

    private boolean write(LongArrayList list) throws IOException {
        boolean any = !list.isEmpty();
        for (int i = 0; i < list.size(); i += 2) {
            word.putLong(0, list.getLong(i + 1), LITTLE_ENDIAN);
            file.write(list.getLong(i), word, 0, Long.BYTES);
        }
        list.clear();
        return any;
    }
}
