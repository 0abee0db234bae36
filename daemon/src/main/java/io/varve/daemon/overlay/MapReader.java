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

    private final BlockFile file;
    private final UUID id;
    private final long pageCount;
    private final int regionCount;
    private final long fileLength;
    private final UnsafeBuffer indexPage = Buffers.alignedDirect(MapFormat.INDEX_PAGE_LENGTH);
    private final UnsafeBuffer digestScratch = Buffers.alignedDirect(Long.BYTES);
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
                    + " pages behind the index, of " + regionCount + " regions");
        }
        slot = new MapSlot(header.getLong(MapFormat.SEQ_OFFSET), header.getLong(MapFormat.OWNER_EPOCH_OFFSET),
                header.getInt(MapFormat.HALF_OFFSET), header.getInt(MapFormat.PREPARED_0_OFFSET),
                header.getInt(MapFormat.PREPARED_1_OFFSET), header.crc());
        if (slot.seq() < 0 || slot.ownerEpoch() < 0 || slot.half() < 0 || slot.half() > 1) {
            throw corrupt(MapFormat.SEQ_OFFSET, "impossible values: " + slot);
        }
        return slot;
    }

    /** Pages that the file holds behind the index; 0 without a complete header. */
    int storedCount() {
        return storedCount;
    }

    /** After {@link #readHeader} answered a slot: its states, or null if they were not completely written. */
    StateMap readStates() throws IOException {
        if (!isIndexWhole() || fileLength < MapFormat.fileLength(regionCount, storedCount)) {
            return null;
        }
        StateMap states = new StateMap(pageCount);
        RegionReader stored = new RegionReader(file, MapFormat.storedPosition(regionCount), storedCount);
        int lastRegion = -1;
        for (int entry = 0; entry < entryCount; entry++) {
            int inPage = entry % MapFormat.ENTRIES_PER_INDEX_PAGE;
            if (inPage == 0) {
                readIndexPage(entry);
            }
            int at = inPage * MapFormat.ENTRY_LENGTH;
            int region = indexPage.getInt(at, LITTLE_ENDIAN);
            if (region <= lastRegion || region >= regionCount || !isPossible(at)) {
                throw corrupt(indexPosition(entry) + at, "entry " + entry + " is for region " + region + " of "
                        + regionCount + " and makes no sense");
            }
            lastRegion = region;
            if (kind(at) == MapFormat.KIND_ALL_ZERO) {
                states.load(region, StateMap.ALL_ZERO, 0);
                continue;
            }
            if (!(kind(at) == MapFormat.KIND_BITS
                    ? loadBits(states, region, stored, checksum(at))
                    : loadRuns(states, region, stored, checksum(at), runCount(at)))) {
                return null;
            }
        }
        if (stored.restCount() > 0) {
            throw corrupt(MapFormat.STORED_COUNT_OFFSET, "it counts " + storedCount + " pages behind the index, "
                    + stored.restCount() + " more than that needs");
        }
        return states;
    }

    private boolean loadBits(StateMap states, int region, RegionReader stored, int checksum) throws IOException {
        int present = stored.readBits(checksum, pagesOf(region));
        if (present < 0) {
            return false;
        }
        int cell = states.cells().take();
        states.cells().set(cell, stored.words());
        states.load(region, cell, present);
        return true;
    }

    private boolean loadRuns(StateMap states, int region, RegionReader stored, int checksum, int count)
            throws IOException {
        RegionRuns runs = states.runs();
        if (!stored.readRuns(count, checksum, pagesOf(region), runs)) {
            return false;
        }
        int added = runs.regionCount() - 1;
        states.load(region, StateMap.FIRST_RUNS - added, runs.count(added, Overlay.PRESENT));
        return true;
    }

    private int pagesOf(int region) {
        return (int) Math.min(StateMap.REGION_PAGES, pageCount - ((long) region << StateMap.REGION_SHIFT));
    }

    private int checksum(int entryIndex) {
        return indexPage.getInt(entryIndex + MapFormat.ENTRY_CRC_OFFSET, LITTLE_ENDIAN);
    }

    private int kind(int entryIndex) {
        return indexPage.getInt(entryIndex + MapFormat.ENTRY_KIND_OFFSET, LITTLE_ENDIAN);
    }

    private int runCount(int entryIndex) {
        return indexPage.getInt(entryIndex + MapFormat.ENTRY_RUNS_OFFSET, LITTLE_ENDIAN);
    }

    /** Whether kind and count of an entry fit each other, and its region, which is one of the disk. */
    private boolean isPossible(int entryIndex) {
        int runs = runCount(entryIndex);
        return switch (kind(entryIndex)) {
            case MapFormat.KIND_ALL_ZERO ->
                    runs == 0 && indexPage.getInt(entryIndex, LITTLE_ENDIAN) <= lastWholeRegion();
            case MapFormat.KIND_BITS -> runs == 0;
            case MapFormat.KIND_RUNS -> runs >= 1 && runs <= RegionRuns.MAX_COUNT;
            default -> false;
        };
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

    private CorruptDataException corrupt(long position, String what) {
        return new CorruptDataException(file.name(), position, what);
    }
}
