package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.Claims;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.TableCache;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The block allocation table and the sector bitmaps (section 2.5): where each sector of the disk is.
 *
 * <p>Thread-safe because it keeps nothing that changes but the cache of tables.
 */
final class BlockTable {

    static final int STATE_MASK = 7;
    static final int NOT_PRESENT = 0;
    static final int UNDEFINED = 1;
    static final int ZERO = 2;
    static final int UNMAPPED = 3;
    /** Of specifications before 1.0, and of QEMU. */
    static final int UNMAPPED_BEFORE = 5;
    static final int FULLY_PRESENT = 6;
    static final int PARTIALLY_PRESENT = 7;
    /** Of the count of MiB in an entry. */
    static final int POSITION_SHIFT = 20;

    /** Bytes of the table that are looked through at once. */
    private static final int SCAN_LENGTH = 1 << 20;
    private static final int MISPLACED = -1;
    private static final int WORD_MASK = Long.SIZE - 1;

    private final String name;
    private final TableCache tables;
    private final long tablePosition;
    private final Geometry geometry;
    private final Reserved reserved;
    private final long fileLength;

    /**
     * @param name          of the file, for messages
     * @param tablePosition byte in the file
     */
    BlockTable(String name, TableCache tables, long tablePosition, Geometry geometry, Reserved reserved,
            long fileLength) {
        this.name = name;
        this.tables = tables;
        this.tablePosition = tablePosition;
        this.geometry = geometry;
        this.reserved = reserved;
        this.fileLength = fileLength;
    }

    /** As {@link io.varve.daemon.format.ForeignImage#locate}. */
    boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        long block = offset >>> geometry.blockShift();
        long entryPosition = tablePosition + geometry.entryIndex(block) * Long.BYTES;
        DirectBuffer table = tables.block(entryPosition, Long.BYTES, mayWait);
        if (table == null) {
            return false;
        }
        int index = TableCache.indexOf(entryPosition);
        long entry = table.getLong(index, ByteOrder.LITTLE_ENDIAN);
        long inBlock = offset & geometry.blockSize() - 1;
        long length = Math.min(maxLength, geometry.blockSize() - inBlock);
        int kind = kind(entry);
        if (kind == Piece.ENCODED) {
            return locateSectors(offset, length, entry, entryPosition, piece, mayWait);
        }
        if (kind == Piece.DATA) {
            long position = positionOf(entry, inBlock, length);
            if (position == MISPLACED) {
                throw misplaced(entry, entryPosition);
            }
            piece.setData(dataLength(table, index, block, length, maxLength), position);
            return true;
        }
        if (kind < 0) {
            throw noState(block, entry, entryPosition);
        }
        length = sameLength(table, index, block, kind, length, maxLength);
        if (kind == Piece.ZERO) {
            piece.setZero(length);
        } else {
            piece.setAbsent(length);
        }
        return true;
    }

    /**
     * Looks for blocks and sector bitmaps that are on top of each other, in the whole table, and for blocks without the
     * sector bitmap that they need, which comes behind them.
     */
    void requireSound(BlockFile file) throws IOException {
        long entryCount = geometry.entryCount();
        UnsafeBuffer entries = Buffers.alignedDirect((int) Math.min(SCAN_LENGTH, entryCount * Long.BYTES));
        int perStep = entries.capacity() / Long.BYTES;
        Claims claims = new Claims(fileLength, POSITION_SHIFT);
        boolean needsBitmap = false;
        do {
            for (long first = 0; first < entryCount; first += perStep) {
                long position = tablePosition + first * Long.BYTES;
                int count = (int) Math.min(perStep, entryCount - first);
                file.read(position, entries, 0, count * Long.BYTES);
                for (int i = 0; i < count; i++) {
                    long entry = entries.getLong(i * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
                    long entryPosition = position + i * Long.BYTES;
                    claim(claims, first + i, entry, entryPosition);
                    if (geometry.isBitmapEntry(first + i)) {
                        if (needsBitmap && (entry & STATE_MASK) != FULLY_PRESENT) {
                            throw noBitmap(entry, entryPosition);
                        }
                        needsBitmap = false;
                    } else if ((entry & STATE_MASK) == PARTIALLY_PRESENT
                            && geometry.blockOfEntry(first + i) < geometry.blockCount()) {
                        needsBitmap = true;
                    }
                }
            }
        } while (claims.nextWindow());
    }

    private void claim(Claims claims, long index, long entry, long entryPosition) throws CorruptDataException {
        long length;
        if (geometry.isBitmapEntry(index)) {
            if ((entry & STATE_MASK) != FULLY_PRESENT) {
                return;
            }
            length = Structures.UNIT;
        } else {
            long block = geometry.blockOfEntry(index);
            if (block >= geometry.blockCount()) {
                // Before the last sector bitmap there are entries of blocks behind the end of the disk.
                return;
            }
            int kind = kind(entry);
            if (kind < 0) {
                throw noState(block, entry, entryPosition);
            }
            if (kind != Piece.DATA && kind != Piece.ENCODED) {
                return;
            }
            length = Math.min(geometry.blockSize(), geometry.size() - (block << geometry.blockShift()));
        }
        long start = positionOf(entry, 0, length);
        if (start == MISPLACED) {
            throw misplaced(entry, entryPosition);
        }
        if (!claims.claim(start, length)) {
            throw new CorruptDataException(name, entryPosition, "a block should be at MiB "
                    + (entry >>> POSITION_SHIFT) + ", but another one is there too");
        }
    }

    private CorruptDataException noState(long block, long entry, long entryPosition) {
        return new CorruptDataException(name, entryPosition, "block " + block + " has the state "
                + (entry & STATE_MASK) + ", which is none" + (geometry.hasParent() ? "" : " without a parent"));
    }

    /** Of a {@link Piece}; ENCODED means "look at each sector", a negative number that there is no such state. */
    private int kind(long entry) {
        switch ((int) entry & STATE_MASK) {
            case NOT_PRESENT:
                return geometry.hasParent() ? Piece.ABSENT : Piece.ZERO;
            case UNDEFINED:
            case ZERO:
            case UNMAPPED:
            case UNMAPPED_BEFORE:
                return Piece.ZERO;
            case FULLY_PRESENT:
                return Piece.DATA;
            case PARTIALLY_PRESENT:
                return geometry.hasParent() ? Piece.ENCODED : -1;
            default:
                return -1;
        }
    }

    /** Goes on while blocks of the same kind follow in the same piece of the table. */
    private long sameLength(DirectBuffer table, int firstIndex, long firstBlock, int kind, long firstLength,
            long maxLength) {
        long length = firstLength;
        long block = firstBlock;
        int index = firstIndex;
        while (length < maxLength) {
            index += step(++block);
            if (index > table.capacity() - Long.BYTES || kind(table.getLong(index, ByteOrder.LITTLE_ENDIAN)) != kind) {
                return length;
            }
            length += Math.min(maxLength - length, geometry.blockSize());
        }
        return length;
    }

    /** Goes on while the next block also is the next one in the file. */
    private long dataLength(DirectBuffer table, int firstIndex, long firstBlock, long firstLength, long maxLength) {
        long length = firstLength;
        long block = firstBlock;
        int index = firstIndex;
        long expected = start(table.getLong(index, ByteOrder.LITTLE_ENDIAN));
        while (length < maxLength) {
            index += step(++block);
            if (index > table.capacity() - Long.BYTES) {
                return length;
            }
            long entry = table.getLong(index, ByteOrder.LITTLE_ENDIAN);
            expected += geometry.blockSize();
            long nextLength = Math.min(maxLength - length, geometry.blockSize());
            if (kind(entry) != Piece.DATA || start(entry) != expected
                    || positionOf(entry, 0, nextLength) == MISPLACED) {
                return length;
            }
            length += nextLength;
        }
        return length;
    }

    /** Bytes from the entry before; the entry of a sector bitmap may lie between. */
    private int step(long block) {
        boolean beginsChunk = (block & (1L << geometry.chunkShift()) - 1) == 0;
        return beginsChunk ? 2 * Long.BYTES : Long.BYTES;
    }

    private static long start(long entry) {
        return entry >>> POSITION_SHIFT << POSITION_SHIFT;
    }

    /** {@link #MISPLACED} if the range does not lie inside the file, or in it lies what is no block. */
    private long positionOf(long entry, long inBlock, long length) {
        long start = start(entry);
        boolean isPlace = start >= Structures.UNIT && start <= fileLength - inBlock - length
                && !reserved.meets(start, inBlock + length);
        return isPlace ? start + inBlock : MISPLACED;
    }

    private CorruptDataException noBitmap(long entry, long entryPosition) {
        return new CorruptDataException(name, entryPosition, "a block is partially present, but the state of its"
                + " sector bitmap is " + (entry & STATE_MASK));
    }

    private CorruptDataException misplaced(long entry, long entryPosition) {
        return new CorruptDataException(name, entryPosition, "a block should be at MiB "
                + (entry >>> POSITION_SHIFT) + ", but there the file ends (at " + fileLength
                + "), or has its headers, log or tables");
    }

    /** Sectors of one block; as far as one piece of the bitmap speaks for them. */
    private boolean locateSectors(long offset, long maxLength, long entry, long entryPosition, Piece piece,
            boolean mayWait) throws IOException {
        long chunk = offset >>> geometry.blockShift() + geometry.chunkShift();
        long bitmapEntryPosition = tablePosition + geometry.bitmapEntryIndex(chunk) * Long.BYTES;
        DirectBuffer table = tables.block(bitmapEntryPosition, Long.BYTES, mayWait);
        if (table == null) {
            return false;
        }
        long bitmapEntry = table.getLong(TableCache.indexOf(bitmapEntryPosition), ByteOrder.LITTLE_ENDIAN);
        if ((bitmapEntry & STATE_MASK) != FULLY_PRESENT) {
            // Who merges into this file writes this entry before the one that led here: what is in memory may be old.
            table = tables.reload(bitmapEntryPosition, mayWait);
            if (table == null) {
                return false;
            }
            bitmapEntry = table.getLong(TableCache.indexOf(bitmapEntryPosition), ByteOrder.LITTLE_ENDIAN);
        }
        if ((bitmapEntry & STATE_MASK) != FULLY_PRESENT) {
            throw noBitmap(bitmapEntry, bitmapEntryPosition);
        }
        long sector = offset >>> geometry.sectorShift() & (1L << Geometry.CHUNK_SECTOR_SHIFT) - 1;
        long bytePosition = positionOf(bitmapEntry, sector >>> 3, 1);
        if (bytePosition == MISPLACED) {
            throw misplaced(bitmapEntry, bitmapEntryPosition);
        }
        DirectBuffer bits = tables.block(bytePosition, 1, mayWait);
        if (bits == null) {
            return false;
        }
        int bit = TableCache.indexOf(bytePosition) << 3 | (int) sector & 7;
        long inSector = offset & (1L << geometry.sectorShift()) - 1;
        long sectors = inSector + maxLength + (1L << geometry.sectorShift()) - 1 >>> geometry.sectorShift();
        int limit = (int) Math.min((long) bits.capacity() << 3, bit + sectors);
        long length = ((long) runEnd(bits, bit, limit) - bit << geometry.sectorShift()) - inSector;
        length = Math.min(length, maxLength);
        if (!isSet(bits, bit)) {
            piece.setAbsent(length);
            return true;
        }
        long position = positionOf(entry, offset & geometry.blockSize() - 1, length);
        if (position == MISPLACED) {
            throw misplaced(entry, entryPosition);
        }
        piece.setData(length, position);
        return true;
    }

    private static boolean isSet(DirectBuffer bits, int bit) {
        return (bits.getByte(bit >>> 3) >>> (bit & 7) & 1) != 0;
    }

    /** The first bit behind {@code bit}, before {@code limit}, that differs from it; {@code limit} if there is none. */
    private static int runEnd(DirectBuffer bits, int bit, int limit) {
        boolean set = isSet(bits, bit);
        int at = bit + 1;
        while (at < limit) {
            if ((at & WORD_MASK) == 0 && limit - at >= Long.SIZE) {
                long word = bits.getLong(at >>> 3, ByteOrder.LITTLE_ENDIAN);
                int same = Long.numberOfTrailingZeros(set ? ~word : word);
                at += same;
                if (same < Long.SIZE) {
                    return at;
                }
            } else if (isSet(bits, at) == set) {
                at++;
            } else {
                return at;
            }
        }
        return limit;
    }
}
