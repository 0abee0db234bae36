package io.varve.daemon.format.vhd;

import io.varve.daemon.format.Claims;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.TableCache;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Looks sectors up: the block allocation table says where a block is, the bitmap before it which of its sectors have
 * data.
 *
 * <p>Design note: bitmaps lie 2 MiB apart, so that a cached one costs a block of the cache each. Most are all ones;
 * these are remembered by one bit, and are not looked at again.
 *
 * <p>Thread-safe because the tables do not change, and the memory of full blocks only ever learns what is true.
 */
final class BlockTable {

    private static final int TABLE_SLOTS = 256;
    private static final int BITMAP_SLOTS = 1024;
    private static final int ABSENT = -1;
    /** Bytes of the table that are looked through at once. */
    private static final int SCAN_LENGTH = 1 << 18;
    /** Byte in the file behind all that entries can claim. */
    private static final long MAX_END = (1L << 32) * VhdImage.SECTOR_LENGTH + (1L << 32);
    /** Blocks whose fullness is remembered; 8 TiB of 2 MiB blocks, 512 KiB of memory. */
    private static final int MAX_REMEMBERED_BLOCKS = 1 << 22;

    private final String fileName;
    private final VhdLayout layout;
    private final long bitmapLength;
    private final TableCache tables;
    private final TableCache bitmaps;
    private final AtomicIntegerArray fullBlocks;

    BlockTable(BlockFile file, VhdLayout layout) {
        this.fileName = file.name();
        this.layout = layout;
        this.bitmapLength = layout.bitmapLength();
        this.tables = new TableCache(file, layout.end(), TABLE_SLOTS);
        this.bitmaps = new TableCache(file, layout.end(), BITMAP_SLOTS);
        long blockCount = (layout.size() + layout.blockLength() - 1) / layout.blockLength();
        this.fullBlocks = new AtomicIntegerArray((int) Math.min(blockCount, MAX_REMEMBERED_BLOCKS) / Integer.SIZE + 1);
    }

    /** As {@link VhdImage#locate}. */
    boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        long blockIndex = offset / layout.blockLength();
        long entryPosition = layout.tablePosition() + blockIndex * Integer.BYTES;
        DirectBuffer entries = tables.block(entryPosition, Integer.BYTES, mayWait);
        if (entries == null) {
            return false;
        }
        int index = TableCache.indexOf(entryPosition);
        int entry = entries.getInt(index, ByteOrder.BIG_ENDIAN);
        if (entry == ABSENT) {
            piece.setAbsent(Math.min(maxLength, absentEnd(entries, index, blockIndex) - offset));
            return true;
        }
        long blockStart = blockIndex * layout.blockLength();
        long usedLength = Math.min(layout.blockLength(), layout.size() - blockStart);
        long position = checked((entry & 0xFFFF_FFFFL) * VhdImage.SECTOR_LENGTH, usedLength, entryPosition);
        long inBlock = offset - blockStart;
        long length = Math.min(maxLength, usedLength - inBlock);
        if (isFull(blockIndex)) {
            piece.setData(length, position + bitmapLength + inBlock);
            return true;
        }
        return locateSectors(position, inBlock, length, piece, mayWait)
                && remember(blockIndex, position, usedLength, piece, mayWait);
    }

    /** Byte in the disk where the absent blocks end that start at an entry, as far as the bytes at hand tell. */
    private long absentEnd(DirectBuffer entries, int firstIndex, long firstBlock) {
        int index = firstIndex + Integer.BYTES;
        long block = firstBlock + 1;
        while (index + Integer.BYTES <= entries.capacity() && block < layout.entryCount()
                && entries.getInt(index, ByteOrder.BIG_ENDIAN) == ABSENT) {
            index += Integer.BYTES;
            block++;
        }
        return block * layout.blockLength();
    }

    /** Looks for blocks that are on top of each other, in the whole table. */
    void requireSound(BlockFile file) throws IOException {
        long blockCount = (layout.size() + layout.blockLength() - 1) / layout.blockLength();
        UnsafeBuffer entries = Buffers.alignedDirect((int) Math.min(SCAN_LENGTH, blockCount * Integer.BYTES));
        int perStep = entries.capacity() / Integer.BYTES;
        Claims claims = new Claims(Math.min(layout.end(), MAX_END), VhdImage.SECTOR_SHIFT);
        do {
            for (long first = 0; first < blockCount; first += perStep) {
                long position = layout.tablePosition() + first * Integer.BYTES;
                int count = (int) Math.min(perStep, blockCount - first);
                file.read(position, entries, 0, count * Integer.BYTES);
                for (int i = 0; i < count; i++) {
                    int entry = entries.getInt(i * Integer.BYTES, ByteOrder.BIG_ENDIAN);
                    if (entry != ABSENT) {
                        claim(claims, first + i, entry, position + i * Integer.BYTES);
                    }
                }
            }
        } while (claims.nextWindow());
    }

    private void claim(Claims claims, long blockIndex, int entry, long entryPosition) throws CorruptDataException {
        long usedLength = Math.min(layout.blockLength(), layout.size() - blockIndex * layout.blockLength());
        long position = checked((entry & 0xFFFF_FFFFL) * VhdImage.SECTOR_LENGTH, usedLength, entryPosition);
        if (!claims.claim(position, bitmapLength + usedLength)) {
            throw new CorruptDataException(fileName, entryPosition,
                    "a block should be at " + position + ", but another block is there too");
        }
    }

    /** Where a block is, if it can be there. */
    private long checked(long position, long usedLength, long entryPosition) throws CorruptDataException {
        long length = bitmapLength + usedLength;
        if (position > layout.end() - length) {
            throw new CorruptDataException(fileName, entryPosition,
                    "a block should be at " + position + ", but the blocks end at " + layout.end());
        }
        if (layout.overlapsTables(position, length)) {
            throw new CorruptDataException(fileName, entryPosition,
                    "a block should be at " + position + ", but the header or the block table is there");
        }
        return position;
    }

    /**
     * Finds the run of equal bits from a sector on; the first sector is the highest bit of the first byte.
     *
     * @param position of the block, byte in the file
     * @param inBlock  byte in the block's data
     */
    private boolean locateSectors(long position, long inBlock, long length, Piece piece, boolean mayWait)
            throws IOException {
        long sector = inBlock / VhdImage.SECTOR_LENGTH;
        long endSector = (inBlock + length + VhdImage.SECTOR_LENGTH - 1) / VhdImage.SECTOR_LENGTH;
        long wordPosition = position + sector / Long.SIZE * Long.BYTES;
        DirectBuffer bits = bitmaps.block(wordPosition, Long.BYTES, mayWait);
        if (bits == null) {
            return false;
        }
        int index = TableCache.indexOf(wordPosition);
        boolean set = bits.getLong(index, ByteOrder.BIG_ENDIAN) << sector < 0;
        long run = sector;
        while (run < endSector && index + Long.BYTES <= bits.capacity()) {
            long word = bits.getLong(index, ByteOrder.BIG_ENDIAN);
            long others = (set ? ~word : word) & -1L >>> run;
            if (others != 0) {
                run = (run & -Long.SIZE) + Long.numberOfLeadingZeros(others);
                break;
            }
            run = (run & -Long.SIZE) + Long.SIZE;
            index += Long.BYTES;
        }
        long runLength = Math.min(length, run * VhdImage.SECTOR_LENGTH - inBlock);
        if (set) {
            piece.setData(runLength, position + bitmapLength + inBlock);
        } else if (layout.differencing()) {
            piece.setAbsent(runLength);
        } else {
            piece.setZero(runLength);
        }
        return true;
    }

    /** Remembers a block as full if its bitmap lies in one cached block, as those of 2 MiB blocks do. Always true. */
    private boolean remember(long blockIndex, long position, long usedLength, Piece piece, boolean mayWait)
            throws IOException {
        if (piece.kind() != Piece.DATA || blockIndex >= MAX_REMEMBERED_BLOCKS) {
            return true;
        }
        DirectBuffer bits = bitmaps.block(position, Long.BYTES, mayWait);
        int index = TableCache.indexOf(position);
        long sectorCount = usedLength / VhdImage.SECTOR_LENGTH;
        if (bits != null && index + (sectorCount + Long.SIZE - 1) / Long.SIZE * Long.BYTES <= bits.capacity()
                && isAllOnes(bits, index, sectorCount)) {
            // Another thread may overwrite what this one learned; it is learned again.
            int word = (int) (blockIndex / Integer.SIZE);
            fullBlocks.setOpaque(word, fullBlocks.getOpaque(word) | 1 << blockIndex);
        }
        return true;
    }

    private static boolean isAllOnes(DirectBuffer bits, int firstIndex, long sectorCount) {
        int index = firstIndex;
        long left = sectorCount;
        while (left >= Long.SIZE) {
            if (bits.getLong(index) != -1) {
                return false;
            }
            index += Long.BYTES;
            left -= Long.SIZE;
        }
        return left == 0 || ~bits.getLong(index, ByteOrder.BIG_ENDIAN) >>> Long.SIZE - left == 0;
    }

    private boolean isFull(long blockIndex) {
        return blockIndex < MAX_REMEMBERED_BLOCKS
                && (fullBlocks.getOpaque((int) (blockIndex / Integer.SIZE)) & 1 << blockIndex) != 0;
    }
}
