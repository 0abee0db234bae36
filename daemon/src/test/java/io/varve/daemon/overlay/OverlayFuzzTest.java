package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SeedFiles;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any bytes are a meta file, a map slot or records of a journal, or nothing that was finished, or
 * damage, or another version; what is believed lies inside the disk and inside the file. Each input is tried as it is,
 * and once more with checksums, ids and numbers that are right.
 */
class OverlayFuzzTest {

    private static final int PAGE_COUNT = 40_000;
    private static final UUID ID = new UUID(1, 2);
    private static final int HALF_LENGTH = 32 << 10;
    private static final Geometry GEOMETRY = OverlayHarness.SMALL;
    private static final MetaFile META = meta();

    private final SimFileSpace space = new SimFileSpace();

    private static MetaFile meta() {
        OverlayMeta disk = new OverlayMeta(ID, "debian", "12", List.of(), Pages.offset(PAGE_COUNT), "al", 0);
        try (BlockFile file = new SimFileSpace().open(Path.of("/meta"), OpenMode.CREATE_NEW)) {
            return MetaFile.create(file, disk, HALF_LENGTH);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGE_COUNT);
        harness.open();
        harness.write(0, 2);
        harness.zero(20_000, 5);
        harness.commitNow();
        for (int page = 4; page < 7; page++) {
            harness.write(page, 1);
            harness.zero(2 * page, 1);
            harness.commitNow();
        }
        SeedFiles.check(OverlayFuzzTest.class, "shouldAnswerAnyMeta", Map.of("meta", content(harness, "meta")));
        SeedFiles.check(OverlayFuzzTest.class, "shouldAnswerAnySlot",
                Map.of("first", content(harness, "map0"), "committed", content(harness, "map1")));
        byte[] journal = content(harness, "jrnl");
        SeedFiles.check(OverlayFuzzTest.class, "shouldAnswerAnyJournal", Map.of(
                "half", used(Arrays.copyOfRange(journal, Journal.HEADER_LENGTH + HALF_LENGTH, journal.length))));
    }

    private static byte[] content(OverlayHarness harness, String name) throws IOException {
        try (BlockFile file = harness.disk().open(OverlayHarness.DIRECTORY.resolve(name), OpenMode.READ)) {
            UnsafeBuffer buffer = Buffers.alignedDirect((int) file.size());
            file.read(0, buffer, 0, buffer.capacity());
            return bytes(buffer);
        }
    }

    /** Without the sectors at the end that were only prepared. */
    private static byte[] used(byte[] half) {
        int end = half.length;
        while (end > 0 && half[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOf(half, end + JournalRecord.ALIGNMENT - 1 & -JournalRecord.ALIGNMENT);
    }

    private static byte[] bytes(UnsafeBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private static UnsafeBuffer buffer(byte[] content, int minLength) {
        UnsafeBuffer buffer = Buffers.alignedDirect(Math.max(content.length, minLength));
        buffer.putBytes(0, content);
        return buffer;
    }

    private BlockFile file(UnsafeBuffer content) throws IOException {
        Path path = Path.of("/file");
        space.delete(path);
        BlockFile file = space.open(path, OpenMode.CREATE_NEW);
        file.write(0, content, 0, content.capacity());
        return file;
    }

    @FuzzTest
    void shouldAnswerAnyMeta(byte[] content) throws IOException {
        checkMeta(buffer(content, 1));
        UnsafeBuffer sealed = buffer(content, 12_288 + 24);
        int bodyLength = Math.min(sealed.getInt(12, LITTLE_ENDIAN), sealed.capacity() - 12_288);
        if (bodyLength > 0) {
            sealed.putInt(32, Crc32c.of(sealed, 12_288, bodyLength), LITTLE_ENDIAN);
        }
        for (int position : new int[] {0, 4096, 8192}) {
            new Header(sealed, position).seal();
        }
        checkMeta(sealed);
    }

    private void checkMeta(UnsafeBuffer content) throws IOException {
        try (BlockFile file = file(content)) {
            MetaFile meta = MetaFile.read(file);
            if (meta.ownerEpoch() < 0 || meta.meta().size() < 1) {
                throw new AssertionError("it cannot be: " + meta.meta());
            }
        } catch (CorruptDataException | FormatVersionException e) {
            requireName(e);
        }
    }

    private static void requireName(IOException failure) {
        if (!failure.getMessage().contains("/file")) {
            throw new AssertionError("it does not name the file", failure);
        }
    }

    @FuzzTest
    void shouldAnswerAnySlot(byte[] content) throws IOException {
        checkSlot(buffer(content, 1));
        UnsafeBuffer sealed = buffer(content, 8192);
        Header header = new Header(sealed, 0);
        long seq = header.getLong(MapFormat.SEQ_OFFSET);
        int entries = Math.max(0, Math.min(header.getInt(MapFormat.ENTRY_COUNT_OFFSET), 3));
        int index = MapFormat.INDEX_POSITION;
        sealStored(sealed, index, entries);
        sealed.putLong(index + MapFormat.TRAILER_SEQ_OFFSET, seq, LITTLE_ENDIAN);
        sealed.putInt(index + MapFormat.TRAILER_COUNT_OFFSET, entries, LITTLE_ENDIAN);
        int crc = Crc32c.of(sealed, index, MapFormat.TRAILER_CRC_OFFSET);
        sealed.putInt(index + MapFormat.TRAILER_CRC_OFFSET, crc, LITTLE_ENDIAN);
        header.putInt(MapFormat.INDEX_DIGEST_OFFSET,
                entries == 0 ? 0 : MapFormat.digest(0, crc, Buffers.alignedDirect(Long.BYTES)));
        header.seal();
        checkSlot(sealed);
    }

    /** Gives bits and runs, wherever the entries have them, the right checksums. */
    private static void sealStored(UnsafeBuffer sealed, int index, int entries) {
        int next = (int) MapFormat.storedPosition(StateMap.regionCount(PAGE_COUNT));
        int runs = 0;
        int runsEnd = 0;
        for (int i = 0; i < entries && next + MapFormat.BITS_LENGTH <= sealed.capacity(); i++) {
            int entry = index + i * MapFormat.ENTRY_LENGTH;
            int kind = sealed.getInt(entry + MapFormat.ENTRY_KIND_OFFSET, LITTLE_ENDIAN);
            int length = sealed.getInt(entry + MapFormat.ENTRY_RUNS_OFFSET, LITTLE_ENDIAN) * RegionRuns.RUN_LENGTH;
            int crc = 0;
            if (kind == MapFormat.KIND_BITS) {
                crc = Crc32c.of(sealed, next, MapFormat.BITS_LENGTH);
                next += MapFormat.BITS_LENGTH;
            } else if (kind == MapFormat.KIND_RUNS && length > 0 && length <= MapFormat.BITS_LENGTH) {
                if (length > runsEnd - runs) {
                    runs = next;
                    next += MapFormat.BITS_LENGTH;
                    runsEnd = next;
                }
                crc = Crc32c.of(sealed, runs, length);
                runs += length;
            }
            sealed.putInt(entry + MapFormat.ENTRY_CRC_OFFSET, crc, LITTLE_ENDIAN);
        }
    }

    private void checkSlot(UnsafeBuffer content) throws IOException {
        try (BlockFile file = file(content)) {
            MapReader reader = new MapReader(file, ID, PAGE_COUNT);
            if (reader.readHeader() == null) {
                return;
            }
            StateMap states = reader.readStates();
            if (states != null && states.count(Overlay.ABSENT) + states.count(Overlay.PRESENT)
                    + states.count(Overlay.ZERO) != PAGE_COUNT) {
                throw new AssertionError("a page has no state");
            }
        } catch (CorruptDataException | FormatVersionException e) {
            requireName(e);
        }
    }

    @FuzzTest
    void shouldAnswerAnyJournal(byte[] content) throws IOException {
        byte[] half = Arrays.copyOf(content, HALF_LENGTH);
        MapSlot slot = new MapSlot(5, 1, 0, HALF_LENGTH, HALF_LENGTH, 99);
        checkJournal(half, slot);
        UnsafeBuffer sealed = buffer(half, 1);
        long seq = slot.seq();
        int previousCrc = slot.crc();
        for (int at = 0; at < HALF_LENGTH; ) {
            int length = JournalRecord.claimedLength(sealed, at, HALF_LENGTH - at);
            if (length == 0) {
                break;
            }
            sealed.putLong(at + 16, ++seq, LITTLE_ENDIAN);
            sealed.putLong(at + 24, 1, LITTLE_ENDIAN);
            sealed.putLong(at + 32, ID.getMostSignificantBits(), LITTLE_ENDIAN);
            sealed.putLong(at + 40, ID.getLeastSignificantBits(), LITTLE_ENDIAN);
            sealed.putInt(at + 52, previousCrc, LITTLE_ENDIAN);
            previousCrc = Crc32c.of(sealed, at + 8, length - 8);
            sealed.putInt(at + 4, previousCrc, LITTLE_ENDIAN);
            at += length;
        }
        checkJournal(bytes(sealed), slot);
    }

    private void checkJournal(byte[] half, MapSlot slot) throws IOException {
        UnsafeBuffer content = Buffers.alignedDirect(Journal.HEADER_LENGTH + 2 * HALF_LENGTH);
        new Header(content, 0).begin(Header.JOURNAL_MAGIC, ID).seal();
        content.putBytes(Journal.HEADER_LENGTH, half);
        try (BlockFile file = file(content)) {
            JournalScan scan = new JournalScan(file, GEOMETRY, META, slot);
            for (JournalRecord record = scan.next(); record != null; record = scan.next()) {
                checkRecord(record, scan.payloadPosition(), file.size());
            }
            scan.requireNothingNewer();
        } catch (CorruptDataException | FormatVersionException e) {
            requireName(e);
        }
    }

    private static void checkRecord(JournalRecord record, long payloadPosition, long fileLength) {
        long payload = 0;
        for (int entry = 0; entry < record.entryCount(); entry++) {
            if (record.pageIndex(entry) < 0 || record.pageCount(entry) < 1
                    || record.pageIndex(entry) + record.pageCount(entry) > PAGE_COUNT) {
                throw new AssertionError("entry " + entry + " is not in the disk");
            }
            payload += record.kind(entry) == JournalRecord.PAYLOAD ? record.pageCount(entry) : 0;
        }
        if (payloadPosition + Pages.offset(payload) > fileLength) {
            throw new AssertionError("a payload behind the end of the file");
        }
    }
}
