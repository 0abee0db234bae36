package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Crc32c;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes one checkpoint into one file. States and index first, then the header; one sync at the end makes all of it
 * durable, and the checksums tell whether it was.
 *
 * <p>Owned by the thread that writes the checkpoint.
 */
final class MapWriter {

    /** Bytes that a writer needs to build what it writes; with more, it writes the bits of many regions at once. */
    static final int BUFFER_LENGTH = 3 * 4096;

    private static final int NONE = -1;

    private final BlockFile file;
    private final UnsafeBuffer buffer;
    private final int indexPage = 0;
    private final int runPage = MapFormat.INDEX_PAGE_LENGTH;
    private final int bits = runPage + MapFormat.BITS_LENGTH;
    private final int gatherLimit;
    /** Of the region that is being written. */
    private final RegionRuns runs = new RegionRuns();
    private long seq;
    private long storedPosition;
    private int entryCount;
    /** Pages behind the index. */
    private int storedCount;
    /** The last of these, bits that are in the buffer and not yet in the file. */
    private int gatheredCount;
    /** Which of them the page of runs in the buffer will be; {@link #NONE} before the first. */
    private int openRunPage = NONE;
    /** Bytes of runs in it. */
    private int runLength;
    private int indexPageCount;
    private int entriesInPage;
    private int indexDigest;

    /** @param buffer {@value #BUFFER_LENGTH} bytes or more, for the time of {@link #write} */
    MapWriter(BlockFile file, UnsafeBuffer buffer) {
        this.file = file;
        this.buffer = buffer;
        this.gatherLimit = (buffer.capacity() - bits) / MapFormat.BITS_LENGTH;
    }

    /**
     * @param slot where the checkpoint stands; its checksum is computed here
     * @return the slot with its checksum
     */
    MapSlot write(UUID id, MapSlot slot, StateSnapshot states) throws IOException {
        seq = slot.seq();
        beginIndexPage();
        storedPosition = MapFormat.storedPosition(states.regionCount());
        for (int region = 0; region < states.regionCount(); region++) {
            if (states.isAllZero(region)) {
                addEntry(region, MapFormat.KIND_ALL_ZERO, 0, 0);
            } else if (!states.isAllAbsent(region)) {
                addStored(region, states);
            }
        }
        writeBits();
        writeRuns();
        if (entriesInPage > 0) {
            writeIndexPage();
        }
        int crc = writeHeader(id, slot, states.pageCount());
        file.sync();
        return new MapSlot(slot.seq(), slot.ownerEpoch(), slot.half(), slot.prepared0(), slot.prepared1(), crc);
    }

    private void addStored(int region, StateSnapshot states) throws IOException {
        runs.clear();
        if (states.isRuns(region)) {
            runs.add(states.runs(), states.runsRegion(region));
        } else if (!runs.addBits(states.bits(region), states.offset(region))) {
            addEntry(region, MapFormat.KIND_BITS, gather(states.bits(region), states.offset(region)), 0);
            return;
        }
        addEntry(region, MapFormat.KIND_RUNS, addRuns(), runs.count(0));
    }

    /** @return checksum of the bits */
    private int gather(DirectBuffer source, int offset) throws IOException {
        if (gatheredCount == gatherLimit) {
            writeBits();
        }
        int at = bits + gatheredCount * MapFormat.BITS_LENGTH;
        buffer.putBytes(at, source, offset, MapFormat.BITS_LENGTH);
        gatheredCount++;
        storedCount++;
        return Crc32c.of(buffer, at, MapFormat.BITS_LENGTH);
    }

    private void writeBits() throws IOException {
        if (gatheredCount > 0) {
            file.write(position(storedCount - gatheredCount), buffer, bits, gatheredCount * MapFormat.BITS_LENGTH);
            gatheredCount = 0;
        }
    }

    /** @return checksum of the runs */
    private int addRuns() throws IOException {
        int length = runs.length(0);
        if (openRunPage == NONE || length > MapFormat.BITS_LENGTH - runLength) {
            writeBits();
            writeRuns();
            openRunPage = storedCount++;
            runLength = 0;
        }
        int at = runPage + runLength;
        runs.put(0, buffer, at);
        runLength += length;
        return Crc32c.of(buffer, at, length);
    }

    private void writeRuns() throws IOException {
        if (openRunPage != NONE) {
            buffer.setMemory(runPage + runLength, MapFormat.BITS_LENGTH - runLength, (byte) 0);
            file.write(position(openRunPage), buffer, runPage, MapFormat.BITS_LENGTH);
        }
    }

    private long position(int stored) {
        return storedPosition + (long) stored * MapFormat.BITS_LENGTH;
    }

    private void beginIndexPage() {
        buffer.setMemory(indexPage, MapFormat.INDEX_PAGE_LENGTH, (byte) 0);
        entriesInPage = 0;
    }

    private void addEntry(int region, int kind, int crc, int runCount) throws IOException {
        int entry = indexPage + entriesInPage * MapFormat.ENTRY_LENGTH;
        buffer.putInt(entry, region, LITTLE_ENDIAN);
        buffer.putInt(entry + MapFormat.ENTRY_KIND_OFFSET, kind, LITTLE_ENDIAN);
        buffer.putInt(entry + MapFormat.ENTRY_CRC_OFFSET, crc, LITTLE_ENDIAN);
        buffer.putInt(entry + MapFormat.ENTRY_RUNS_OFFSET, runCount, LITTLE_ENDIAN);
        entryCount++;
        if (++entriesInPage == MapFormat.ENTRIES_PER_INDEX_PAGE) {
            writeIndexPage();
        }
    }

    private void writeIndexPage() throws IOException {
        buffer.putLong(indexPage + MapFormat.TRAILER_SEQ_OFFSET, seq, LITTLE_ENDIAN);
        buffer.putInt(indexPage + MapFormat.TRAILER_COUNT_OFFSET, entriesInPage, LITTLE_ENDIAN);
        int crc = Crc32c.of(buffer, indexPage, MapFormat.TRAILER_CRC_OFFSET);
        buffer.putInt(indexPage + MapFormat.TRAILER_CRC_OFFSET, crc, LITTLE_ENDIAN);
        long position = MapFormat.INDEX_POSITION + (long) indexPageCount * MapFormat.INDEX_PAGE_LENGTH;
        file.write(position, buffer, indexPage, MapFormat.INDEX_PAGE_LENGTH);
        indexPageCount++;
        indexDigest = MapFormat.digest(indexDigest, crc, buffer);
        beginIndexPage();
    }

    private int writeHeader(UUID id, MapSlot slot, long pageCount) throws IOException {
        Header header = new Header(buffer, indexPage).begin(Header.MAP_MAGIC, id);
        header.putLong(MapFormat.SEQ_OFFSET, slot.seq())
                .putLong(MapFormat.OWNER_EPOCH_OFFSET, slot.ownerEpoch())
                .putLong(MapFormat.PAGE_COUNT_OFFSET, pageCount)
                .putInt(MapFormat.HALF_OFFSET, slot.half())
                .putInt(MapFormat.PREPARED_0_OFFSET, slot.prepared0())
                .putInt(MapFormat.PREPARED_1_OFFSET, slot.prepared1())
                .putInt(MapFormat.ENTRY_COUNT_OFFSET, entryCount)
                .putInt(MapFormat.STORED_COUNT_OFFSET, storedCount)
                .putInt(MapFormat.INDEX_DIGEST_OFFSET, indexDigest);
        int crc = header.seal();
        file.write(0, buffer, indexPage, Header.LENGTH);
        return crc;
    }
}
