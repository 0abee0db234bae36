package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes that are not what was written: a torn tail is a crash, anything else is told and never passed over. */
class OverlayDamageTest {

    private static final int PAGES = 12;

    private OverlayHarness harness;
    /** Position in the journal and length of each record, in order. */
    private final List<long[]> records = new ArrayList<>();

    @BeforeEach
    void commitThreeRecords() throws IOException {
        harness = new OverlayHarness(new SimFileSpace(), PAGES);
        harness.open();
        harness.write(0, 4);
        assertThat(harness.commitNow()).isNull();
        for (int page = 4; page < 7; page++) {
            harness.write(page, 1);
            harness.disk().hook(call -> {
                if (call.path().endsWith("jrnl") && call.length() % 8192 != 0) {
                    records.add(new long[] {call.position(), call.length()});
                }
            });
            assertThat(harness.commitNow()).isNull();
        }
        assertThat(records).hasSize(3);
        harness.restart(harness.disk().crash(Chooser.KEEP_ALL));
    }

    private static Path path(String name) {
        return OverlayHarness.DIRECTORY.resolve(name);
    }

    private static void flip(SimFileSpace disk, String name, long position) throws IOException {
        try (BlockFile file = disk.open(path(name), OpenMode.READ_WRITE)) {
            UnsafeBuffer octet = Buffers.alignedDirect(1);
            file.read(position, octet, 0, 1);
            octet.putByte(0, (byte) ~octet.getByte(0));
            file.write(position, octet, 0, 1);
            file.sync();
        }
    }

    private OverlayHarness damaged(String name, long position) throws IOException {
        OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
        flip(copy.disk(), name, position);
        return copy;
    }

    @Test
    void shouldTakeADamagedLastRecordForTheEnd() throws IOException {
        long[] last = records.get(2);
        for (long at = last[0]; at < last[0] + last[1]; at++) {
            OverlayHarness copy = damaged("jrnl", at);
            copy.open();
            assertThat(copy.overlay().state(5)).isEqualTo(Overlay.PRESENT);
            assertThat(copy.overlay().state(6)).as("byte %d", at - last[0]).isEqualTo(Overlay.ABSENT);
        }
    }

    @Test
    void shouldRefuseToPassOverADamagedRecord() throws IOException {
        for (int damaged = 0; damaged < 2; damaged++) {
            long[] record = records.get(damaged);
            for (long at = record[0]; at < record[0] + record[1]; at += 7) {
                OverlayHarness copy = damaged("jrnl", at);
                assertThatThrownBy(copy::open).isInstanceOf(CorruptDataException.class).hasMessageContaining("jrnl");
                assertThat(copy.disk().openCount()).isZero();
            }
        }
    }

    @Test
    void shouldRefuseToFallBackBehindRecordsThatFollowADamagedCheckpoint() throws IOException {
        for (long at : new long[] {0, 12, 20, 32, 60, 510, 4096, 4104, 8176, 8192, 8193}) {
            OverlayHarness copy = damaged("map1", at);
            assertThatThrownBy(copy::open).as("byte %d", at).isInstanceOf(CorruptDataException.class);
        }
    }

    @Test
    void shouldFallBackToTheOlderCheckpointWhenTheNewerWasNotFinished() throws IOException {
        OverlayHarness closed = new OverlayHarness(harness.disk().fork(), PAGES);
        closed.open();
        closed.close();
        for (long at : new long[] {0, 32, 510, 4096, 8192, 12000}) {
            OverlayHarness copy = new OverlayHarness(closed.disk().fork(), PAGES);
            flip(copy.disk(), "map0", at);
            copy.open();
            assertThat(copy.overlay().runLength(0, PAGES)).as("byte %d", at).isEqualTo(7);
        }
    }

    @Test
    void shouldRefuseWhenNoCheckpointIsWhole() throws IOException {
        flip(harness.disk(), "map0", 100);
        flip(harness.disk(), "map1", 100);
        assertThatThrownBy(harness::open).isInstanceOf(CorruptDataException.class).hasMessageContaining("map");
    }

    @Test
    void shouldRefuseDamagedMeta() throws IOException {
        for (long at : new long[] {0, 8, 16, 40, 508, 12288, 12300, 12341}) {
            OverlayHarness copy = damaged("meta", at);
            assertThatThrownBy(copy::open).as("byte %d", at).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("meta");
        }
        flip(harness.disk(), "meta", 4096);
        OverlayHarness oneEpoch = new OverlayHarness(harness.disk().fork(), PAGES);
        oneEpoch.open();
        flip(harness.disk(), "meta", 8192);
        assertThatThrownBy(harness::open).isInstanceOf(CorruptDataException.class).hasMessageContaining("epoch");
    }

    @Test
    void shouldMakeTheJournalAnewIfItsMakingWasCutShort() throws IOException {
        OverlayHarness fresh = new OverlayHarness(new SimFileSpace(), PAGES);
        fresh.open();
        fresh.write(0, 1);
        assertThat(fresh.commitNow()).isNull();
        OverlayHarness copy = new OverlayHarness(fresh.disk().crash(Chooser.LOSE_ALL), PAGES);
        copy.model().adopt(fresh.model());
        flip(copy.disk(), "jrnl", 0);
        copy.recover();
        copy.write(1, 1);
        assertThat(copy.commitNow()).isNull();
        copy.write(2, 1);
        assertThat(copy.commitNow()).isNull();
        copy.restart(copy.disk().crash(Chooser.LOSE_ALL));
        copy.recover();
    }

    @Test
    void shouldRefuseAJournalWithoutHeaderThatHoldsRecords() throws IOException {
        flip(harness.disk(), "jrnl", 3);
        assertThatThrownBy(harness::open).isInstanceOf(CorruptDataException.class).hasMessageContaining("jrnl");
    }

    @Test
    void shouldNameAMissingFile() throws IOException {
        OverlayHarness prepared = new OverlayHarness(harness.disk().fork(), PAGES);
        prepared.open();
        for (int page = 8; page < 10; page++) {
            prepared.write(page, 1);
            assertThat(prepared.commitNow()).isNull();
        }
        prepared.close();
        for (String name : List.of("data", "map0", "map1", "jrnl")) {
            OverlayHarness copy = new OverlayHarness(prepared.disk().fork(), PAGES);
            copy.disk().delete(path(name));
            assertThatThrownBy(copy::open).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("missing");
            assertThat(copy.disk().openCount()).isZero();
        }
    }

    @Test
    void shouldRefuseFilesThatWereCutShort() throws IOException {
        for (String name : List.of("data", "map0", "map1", "jrnl", "meta")) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            copy.open();
            copy.close();
            for (long size : new long[] {0, 1, 511, 4096, 8192}) {
                OverlayHarness cut = new OverlayHarness(copy.disk().fork(), PAGES);
                try (BlockFile file = cut.disk().open(path(name), OpenMode.READ_WRITE)) {
                    file.truncate(size);
                }
                requireOldOrRefused(cut, name + " of " + size + " bytes");
            }
        }
    }

    private static void requireOldOrRefused(OverlayHarness cut, String description) throws IOException {
        try {
            cut.open();
            assertThat(cut.overlay().runLength(0, PAGES)).as(description).isEqualTo(7);
        } catch (CorruptDataException e) {
            assertThat(e).hasMessageContaining("corrupt at byte");
        }
    }

    @Test
    void shouldSayWhichFileIsTooNew() throws IOException {
        for (String name : List.of("meta", "map0", "map1", "jrnl")) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            edit(copy.disk(), name, header -> header.putInt(8, 2));
            assertThatThrownBy(copy::open).isInstanceOf(FormatVersionException.class)
                    .hasMessageContaining(name).hasMessageContaining("use a newer varve");
            assertThat(copy.disk().openCount()).isZero();
        }
    }

    @Test
    void shouldSayWhichFileIsTooOld() throws IOException {
        for (String name : List.of("meta", "map0", "map1", "jrnl")) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            edit(copy.disk(), name, header -> header.putInt(8, 0));
            assertThatThrownBy(copy::open).isInstanceOf(FormatVersionException.class)
                    .hasMessageContaining(name).hasMessageContaining("version 0").hasMessageContaining("older varve");
        }
    }

    @Test
    void shouldRefuseFilesOfAnotherOverlay() throws IOException {
        for (String name : List.of("map0", "map1", "jrnl")) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            edit(copy.disk(), name, header -> header.putLong(16, 77));
            assertThatThrownBy(copy::open).isInstanceOf(CorruptDataException.class).hasMessageContaining(name)
                    .hasMessageContaining("belongs to overlay");
        }
    }

    @Test
    void shouldRefuseReservedBytesAndImpossibleFields() throws IOException {
        for (String name : List.of("meta", "map0", "map1", "jrnl")) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            edit(copy.disk(), name, header -> header.putInt(400, 1));
            assertThatThrownBy(copy::open).isInstanceOf(CorruptDataException.class).hasMessageContaining("reserved");
        }
        for (int offset : new int[] {MapFormat.SEQ_OFFSET, MapFormat.PAGE_COUNT_OFFSET, MapFormat.HALF_OFFSET,
                MapFormat.PREPARED_0_OFFSET, MapFormat.ENTRY_COUNT_OFFSET, MapFormat.STORED_COUNT_OFFSET}) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            edit(copy.disk(), "map1", header -> header.putInt(offset, 0x8765_4321));
            assertThatThrownBy(copy::open).as("field at %d", offset).isInstanceOf(CorruptDataException.class);
        }
    }

    private static void edit(SimFileSpace disk, String name, Consumer<Header> change)
            throws IOException {
        try (BlockFile file = disk.open(path(name), OpenMode.READ_WRITE)) {
            UnsafeBuffer sector = Buffers.alignedDirect(Header.LENGTH);
            file.read(0, sector, 0, Header.LENGTH);
            Header header = new Header(sector, 0);
            change.accept(header);
            header.seal();
            file.write(0, sector, 0, Header.LENGTH);
        }
    }

    @Test
    void shouldNeverCrashOnRandomDamage() throws IOException {
        Random random = new Random(4);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            OverlayHarness copy = new OverlayHarness(harness.disk().fork(), PAGES);
            List<String> names = List.of("meta", "map0", "map1", "jrnl");
            for (int flips = random.nextInt(3); flips >= 0; flips--) {
                String name = names.get(random.nextInt(names.size()));
                long size;
                try (BlockFile file = copy.disk().open(path(name), OpenMode.READ)) {
                    size = file.size();
                }
                flip(copy.disk(), name, random.nextInt((int) size));
            }
            try {
                copy.open();
            } catch (IOException e) {
                assertThat(e.getMessage()).startsWith(OverlayHarness.DIRECTORY.toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(200);
    }
}
