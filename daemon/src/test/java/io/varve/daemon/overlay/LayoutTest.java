package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * The bytes of version 1. If one of them changes, it is another version. Checksums are from another implementation.
 */
class LayoutTest {

    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final String ID_BYTES = "7766554433221100" + "ffeeddccbbaa9988";

    private final UnsafeBuffer buffer = Buffers.alignedDirect(64 << 10);

    private String hex(int index, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(index, bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void shouldLayOutARecord() {
        JournalRecord record = new JournalRecord(buffer);
        assertThat(record.add(JournalRecord.ZERO, 5, 3)).isTrue();
        assertThat(record.add(JournalRecord.IN_PLACE, 0x1_2345_6789L, 1)).isTrue();
        assertThat(record.add(JournalRecord.PAYLOAD, 7, 1)).isTrue();
        buffer.setMemory(record.payloadIndex(), 4096, (byte) 0xee);
        assertThat(record.length()).isEqualTo(4608);
        assertThat(record.seal(9, 2, ID, 0x0badcafe)).isEqualTo(record.crc());
        assertThat(hex(0, 4)).isEqualTo("564a5231");
        assertThat(hex(4, 4)).isEqualTo("d7c43280");
        assertThat(hex(8, 8)).isEqualTo("00120000" + "03000000");
        assertThat(hex(16, 16)).isEqualTo("0900000000000000" + "0200000000000000");
        assertThat(hex(32, 16)).isEqualTo(ID_BYTES);
        assertThat(hex(48, 16)).isEqualTo("01000000" + "fecaad0b" + "0000000000000000");
        assertThat(hex(64, 48)).isEqualTo(
                "0500000000000000" + "03000000" + "03000000"
                + "8967452301000000" + "01000000" + "02000000"
                + "0700000000000000" + "01000000" + "01000000");
        assertThat(hex(112, 2) + hex(4207, 2)).isEqualTo("eeee" + "ee00");
    }

    @Test
    void shouldSplitARunThatNoEntryCanCount() {
        JournalRecord record = new JournalRecord(buffer);
        assertThat(record.add(JournalRecord.ZERO, 1, (1L << 32) + 5)).isTrue();
        assertThat(record.entryCount()).isEqualTo(3);
        assertThat(record.pageIndex(2)).isEqualTo(1 + 2L * Integer.MAX_VALUE);
        assertThat(record.pageCount(2)).isEqualTo(7);
    }

    @Test
    void shouldLayOutACheckpoint() throws IOException {
        StateMap states = new StateMap(60_000);
        states.set(0, 1, Overlay.PRESENT);
        states.set(33, 2, Overlay.ZERO);
        states.set(StateMap.REGION_PAGES, StateMap.REGION_PAGES, Overlay.ZERO);
        for (int page = 0; page <= RegionRuns.MAX_COUNT; page += 2) {
            states.set(2L * StateMap.REGION_PAGES + page, 1, Overlay.PRESENT);
        }
        states.set(59_999, 1, Overlay.ZERO);
        try (BlockFile file = new SimFileSpace().open(Path.of("/map0"), OpenMode.CREATE_NEW)) {
            MapSlot slot = new MapWriter(file, Buffers.alignedDirect(MapWriter.BUFFER_LENGTH))
                    .write(ID, new MapSlot(77, 3, 1, 0x100000, 0x200000, 0), states.snapshot());
            file.read(0, buffer, 0, (int) file.size());
            assertThat(file.size()).isEqualTo(4 * 4096);
            assertThat(slot.crc()).isEqualTo(buffer.getInt(508));
        }
        assertThat(hex(0, 16)).isEqualTo("5652564f534d4150" + "01000000" + "00000000");
        assertThat(hex(16, 16)).isEqualTo(ID_BYTES);
        assertThat(hex(32, 24)).isEqualTo("4d00000000000000" + "0300000000000000" + "60ea000000000000");
        assertThat(hex(56, 20)).isEqualTo("01000000" + "00001000" + "00002000" + "04000000" + "02000000");
        assertThat(hex(76, 4)).isEqualTo("2f90209f");
        assertThat(hex(508, 4)).isEqualTo("7c7e2830");
        assertThat(hex(4096, 32)).isEqualTo("00000000" + "03000000" + "025c84d3" + "04000000"
                + "01000000" + "01000000" + "00000000" + "00000000");
        assertThat(hex(4128, 32)).isEqualTo("02000000" + "02000000" + "bac364df" + "00000000"
                + "03000000" + "03000000" + "032a322c" + "03000000");
        assertThat(hex(8176, 12)).isEqualTo("4d00000000000000" + "04000000");
        assertThat(hex(8192, 16)).isEqualTo("0040" + "0100" + "2180" + "2300" + "0000" + "5faa" + "602a" + "0000");
        assertThat(hex(12288, 16)).isEqualTo("1111111111111111" + "1111111111111111");
    }

    @Test
    void shouldLayOutMeta() throws IOException {
        OverlayMeta meta = new OverlayMeta(ID, "deb", "12", List.of("l1"), 8192, "al", 5);
        try (BlockFile file = new SimFileSpace().open(Path.of("/meta"), OpenMode.CREATE_NEW)) {
            MetaFile.create(file, meta, 16 << 20).claim(8);
            file.read(0, buffer, 0, (int) file.size());
            assertThat(file.size()).isEqualTo(12288 + 24 + 5 + 4 + 4 + 4);
            assertThat(MetaFile.read(file).meta()).isEqualTo(meta);
        }
        assertThat(hex(0, 16)).isEqualTo("5652564f4d455441" + "01000000" + "29000000");
        assertThat(hex(16, 16)).isEqualTo(ID_BYTES);
        assertThat(hex(4096, 16)).isEqualTo("56525645504f4348" + "01000000" + "00000000");
        assertThat(hex(4096 + 32, 16)).isEqualTo("0000000000000000" + "0000000000000000");
        assertThat(hex(8192 + 32, 16)).isEqualTo("0100000000000000" + "0900000000000000");
        assertThat(hex(12288, 41)).isEqualTo("0020000000000000" + "0500000000000000" + "00000001" + "01000000"
                + "0300646562" + "02003132" + "0200616c" + "02006c31");
    }

    @Test
    void shouldLayOutAJournal() throws IOException {
        SimFileSpace space = new SimFileSpace();
        try (Journal journal = new Journal(space, Path.of("/jrnl"), null, OverlayHarness.SMALL, ID, 1)) {
            journal.startAfter(new MapSlot(77, 1, 1, 0, 0, 0x0badcafe));
            journal.prepare();
            JournalRecord record = new JournalRecord(Buffers.alignedDirect(512));
            assertThat(record.add(JournalRecord.ZERO, 5, 3)).isTrue();
            journal.append(record);
        }
        int half1 = 4096 + OverlayHarness.SMALL.halfLength();
        try (BlockFile file = space.open(Path.of("/jrnl"), OpenMode.READ)) {
            assertThat(file.size()).isEqualTo(half1 + OverlayHarness.SMALL.stepLength());
            file.read(0, buffer, 0, (int) file.size());
        }
        assertThat(hex(0, 16)).isEqualTo("5652564f4a524e4c" + "01000000" + "00000000");
        assertThat(hex(16, 16)).isEqualTo(ID_BYTES);
        assertThat(hex(32, 476)).matches("(00)*");
        assertThat(hex(508, 4)).isEqualTo("563a52d9");
        assertThat(hex(512, half1 - 512)).matches("(00)*");
        assertThat(hex(half1, 4) + hex(half1 + 16, 8)).isEqualTo("564a5231" + "4e00000000000000");
    }

    @Test
    void shouldLabelTheData() throws IOException {
        OverlayMeta meta = new OverlayMeta(ID, "deb", "12", List.of("l1"), 8191, "al", 5);
        try (BlockFile file = new SimFileSpace().open(Path.of("/data"), OpenMode.CREATE_NEW)) {
            DataFile.create(file, meta);
            assertThat(file.size()).isEqualTo(8192 + 512);
            file.read(0, buffer, 0, (int) file.size());
        }
        assertThat(hex(0, 8192)).matches("(00)*");
        assertThat(hex(8192, 32)).isEqualTo("5652564f44415441" + "01000000" + "00000000" + ID_BYTES);
        assertThat(hex(8224, 476)).matches("(00)*");
        assertThat(hex(8700, 4)).isEqualTo("9143e206");
    }

    @Test
    void shouldMarkAFailureWithAnEmptyFile() throws IOException {
        SimFileSpace space = new SimFileSpace();
        space.createDirectories(Path.of("/overlay"));
        FailureMark mark = new FailureMark(space, Path.of("/overlay"));
        mark.set(new IOException("the disk"));
        assertThat(space.list(Path.of("/overlay"))).containsExactly(Path.of("/overlay/failed"));
        assertThat(space.size(Path.of("/overlay/failed"))).isZero();
        assertThat(mark.isSet()).isTrue();
    }
}
