package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import java.io.IOException;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads one checkpoint. What a crash can leave, a checkpoint that was not completely written, is no slot; what it
 * cannot leave, a complete one that makes no sense, is corrupt.
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class MapReader {

    private static final long LOW_BITS = 0x5555_5555_5555_5555L;

    private final BlockFile file;
    private final UUID id;
    private final long pageCount;
    private final int regionCount;
    private final long fileLength;
    private final UnsafeBuffer indexPage = Buffers.alignedDirect(MapFormat.INDEX_PAGE_LENGTH);
    private final UnsafeBuffer digestScratch = Buffers.alignedDirect(Long.BYTES);
    /** The bits of one region, for checks of every word, which are fast on arrays also in code that just started. */
    private final long[] words = new long[StateMap.WORD_COUNT];
    /** The bits of some stored regions are in cells from this one on. */
    private int firstCell;
    private int firstStored;
    private int cellCount;
    private MapSlot slot;
    private int entryCount;
    private int storedCount;
    private int wantedDigest;

    MapReader(BlockFile file, UUID id, long pageCount) throws IOException {
        this.file = file;
        this.id = id;
        this.pageCount = pageCount;
        this.regionCount = StateMap.regionCount(pageCount);
        this.fileLength = file.size();
    }

    /** Whether a file, of whatever overlay, holds a checkpoint that was made by a commit. */
    static boolean holdsCommit(BlockFile file) throws IOException {
        if (file.size() < Header.LENGTH) {
            return false;
        }
        UnsafeBuffer buffer = Buffers.alignedDirect(Header.LENGTH);
        file.read(0, buffer, 0, Header.LENGTH);
        Header header = new Header(buffer, 0);
        return header.isIntact(Header.MAP_MAGIC, file.name()) && header.getLong(MapFormat.SEQ_OFFSET) > 0;
    }

    /** Null if there is no complete header. */
    MapSlot readHeader() throws IOException {
        if (fileLength < Header.LENGTH) {
            return null;
        }
        file.read(0, indexPage, 0, Header.LENGTH);
        Header header = new Header(indexPage, 0);
        if (!header.isIntact(Header.MAP_MAGIC, file.name())) {
            return null;
        }
        header.require(id, MapFormat.FIELDS_LENGTH, file.name(), 0);
        if (header.getLong(MapFormat.PAGE_COUNT_OFFSET) != pageCount) {
            throw corrupt(MapFormat.PAGE_COUNT_OFFSET, "it is for a disk of "
                    + header.getLong(MapFormat.PAGE_COUNT_OFFSET) + " pages, not " + pageCount);
        }
        entryCount = header.getInt(MapFormat.ENTRY_COUNT_OFFSET);
        storedCount = header.getInt(MapFormat.STORED_COUNT_OFFSET);
        wantedDigest = header.getInt(MapFormat.INDEX_DIGEST_OFFSET);
        if (entryCount < 0 || entryCount > regionCount || storedCount < 0 || storedCount > entryCount) {
            throw corrupt(MapFormat.ENTRY_COUNT_OFFSET, "it counts " + entryCount + " regions, " + storedCount
                    + " stored, of " + regionCount);
        }
        slot = new MapSlot(header.getLong(MapFormat.SEQ_OFFSET), header.getLong(MapFormat.OWNER_EPOCH_OFFSET),
                header.getInt(MapFormat.HALF_OFFSET), header.getInt(MapFormat.PREPARED_0_OFFSET),
                header.getInt(MapFormat.PREPARED_1_OFFSET), header.crc());
        if (slot.seq() < 0 || slot.ownerEpoch() < 0 || slot.half() < 0 || slot.half() > 1) {
            throw corrupt(MapFormat.SEQ_OFFSET, "impossible values: " + slot);
        }
        return slot;
    }

    /** Regions whose bits the file holds; 0 without a complete header. */
    int storedCount() {
        return storedCount;
    }

    /** After {@link #readHeader} answered a slot: its states, or null if they were not completely written. */
    StateMap readStates() throws IOException {
        if (!isIndexWhole()) {
            return null;
        }
        StateMap states = new StateMap(pageCount);
        int lastRegion = -1;
        int stored = 0;
        for (int entry = 0; entry < entryCount; entry++) {
            int inPage = entry % MapFormat.ENTRIES_PER_INDEX_PAGE;
            if (inPage == 0) {
                readIndexPage(entry);
            }
            int at = inPage * MapFormat.ENTRY_LENGTH;
            int region = indexPage.getInt(at, LITTLE_ENDIAN);
            int kind = indexPage.getInt(at + MapFormat.ENTRY_KIND_OFFSET, LITTLE_ENDIAN);
            if (region <= lastRegion || region >= regionCount
                    || kind != MapFormat.KIND_ALL_ZERO && kind != MapFormat.KIND_STORED
                    || kind == MapFormat.KIND_ALL_ZERO && region > lastWholeRegion()
                    || indexPage.getInt(at + MapFormat.ENTRY_RESERVED_OFFSET, LITTLE_ENDIAN) != 0
                    || kind == MapFormat.KIND_STORED && stored == storedCount) {
                throw corrupt(indexPosition(entry) + at, "entry " + entry + " is of kind " + kind + " for region "
                        + region + " of " + regionCount);
            }
            lastRegion = region;
            if (kind == MapFormat.KIND_ALL_ZERO) {
                states.load(region, StateMap.ALL_ZERO, 0);
                continue;
            }
            int cell = readBits(states.cells(), stored);
            if (cell == 0 || Crc32c.of(states.cells().slab(cell), states.cells().offset(cell), MapFormat.BITS_LENGTH)
                    != indexPage.getInt(at + MapFormat.ENTRY_CRC_OFFSET, LITTLE_ENDIAN)) {
                return null;
            }
            states.load(region, cell, checkedPresentPages(states.cells(), cell, stored, region));
            stored++;
        }
        giveRest(states.cells(), stored);
        return states;
    }

    private int lastWholeRegion() {
        return (int) (pageCount >>> StateMap.REGION_SHIFT) - 1;
    }

    private static long indexPosition(int entry) {
        return MapFormat.INDEX_POSITION
                + (long) (entry / MapFormat.ENTRIES_PER_INDEX_PAGE) * MapFormat.INDEX_PAGE_LENGTH;
    }

    /** Checked before any entry is looked at: a whole page of another checkpoint is torn, not corrupt. */
    private boolean isIndexWhole() throws IOException {
        if (MapFormat.INDEX_POSITION + (long) MapFormat.indexPageCount(entryCount) * MapFormat.INDEX_PAGE_LENGTH
                > fileLength) {
            return false;
        }
        int digest = 0;
        for (int entry = 0; entry < entryCount; entry += MapFormat.ENTRIES_PER_INDEX_PAGE) {
            readIndexPage(entry);
            int expected = Math.min(MapFormat.ENTRIES_PER_INDEX_PAGE, entryCount - entry);
            int crc = indexPage.getInt(MapFormat.TRAILER_CRC_OFFSET, LITTLE_ENDIAN);
            if (crc != Crc32c.of(indexPage, 0, MapFormat.TRAILER_CRC_OFFSET)
                    || indexPage.getLong(MapFormat.TRAILER_SEQ_OFFSET, LITTLE_ENDIAN) != slot.seq()
                    || indexPage.getInt(MapFormat.TRAILER_COUNT_OFFSET, LITTLE_ENDIAN) != expected) {
                return false;
            }
            digest = MapFormat.digest(digest, crc, digestScratch);
        }
        return digest == wantedDigest;
    }

    private void readIndexPage(int firstEntry) throws IOException {
        file.read(indexPosition(firstEntry), indexPage, 0, MapFormat.INDEX_PAGE_LENGTH);
    }

    /** The cell with the bits, 0 if the file ends before them. Reads as many as make a slab. */
    private int readBits(RegionCells cells, int stored) throws IOException {
        if (stored == firstStored + cellCount) {
            long position = bitsPosition(stored);
            long inFile = (fileLength - position) / MapFormat.BITS_LENGTH;
            if (inFile <= 0) {
                return 0;
            }
            firstStored = stored;
            cellCount = (int) Math.min(inFile, Math.min(storedCount - stored, RegionCells.SLAB_CELLS));
            firstCell = cells.takeSlab();
            file.read(position, cells.slab(firstCell), cells.offset(firstCell), cellCount * MapFormat.BITS_LENGTH);
        }
        return firstCell + stored - firstStored;
    }

    /** Cells of the last slab into which nothing was read, or what no entry names. */
    private void giveRest(RegionCells cells, int stored) {
        if (cellCount > 0) {
            for (int cell = firstCell + stored - firstStored; cell < firstCell + RegionCells.SLAB_CELLS; cell++) {
                cells.give(cell);
            }
        }
    }

    private long bitsPosition(int stored) {
        return MapFormat.bitsPosition(regionCount) + (long) stored * MapFormat.BITS_LENGTH;
    }

    private int checkedPresentPages(RegionCells cells, int cell, int stored, int region) throws CorruptDataException {
        cells.copy(cell, words);
        int present = presentPages(words);
        if (present < 0) {
            throw corrupt(bitsPosition(stored) + positionOfImpossibleState(), "a page has a state that does not exist");
        }
        long end = pageCount - ((long) region << StateMap.REGION_SHIFT);
        for (long word = end >>> 5; word < words.length; word++) {
            long firstBehind = Math.max(end, word << 5);
            if (words[(int) word] >>> (firstBehind << 1) != 0) {
                throw corrupt(bitsPosition(stored) + (firstBehind >>> 2), "a page behind the end of the disk has a"
                        + " state");
            }
        }
        return present;
    }

    /** -1 if there is a state that does not exist. */
    private static int presentPages(long[] words) {
        long impossible = 0;
        int present = 0;
        for (long word : words) {
            impossible |= word & word >>> 1;
            present += Long.bitCount(word & LOW_BITS);
        }
        return (impossible & LOW_BITS) == 0 ? present : -1;
    }

    private int positionOfImpossibleState() {
        int word = 0;
        while ((words[word] & words[word] >>> 1 & LOW_BITS) == 0) {
            word++;
        }
        return word * Long.BYTES;
    }

    private CorruptDataException corrupt(long position, String what) {
        return new CorruptDataException(file.name(), position, what);
    }
}
