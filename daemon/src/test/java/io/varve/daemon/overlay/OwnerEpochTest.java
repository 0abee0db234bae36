package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an owner still writes after another one took its overlay over. */
class OwnerEpochTest {

    private static final int PAGES = 12;
    private static final int OLD_SEED = 77;
    private static final int NEVER_WRITTEN = 9;

    private final OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);

    /** Both halves of the journal have been in use; then its process closes the overlay, and ends. */
    @BeforeEach
    void commitAndClose() throws IOException {
        harness.open();
        for (int commit = 0; commit < 20; commit++) {
            harness.zero(0, 1);
            assertThat(harness.commitNow()).isNull();
            harness.write(0, 1);
            assertThat(harness.commitNow()).isNull();
        }
        harness.close();
        harness.restart(harness.disk());
    }

    private Recovery recovery(SimFileSpace disk) throws IOException {
        try (BlockFile meta = open(disk, "meta"); BlockFile map0 = open(disk, "map0");
                BlockFile map1 = open(disk, "map1"); BlockFile journal = open(disk, "jrnl")) {
            return Recovery.load(MetaFile.read(meta), OverlayHarness.SMALL, new BlockFile[] {map0, map1}, journal);
        }
    }

    private static BlockFile open(SimFileSpace disk, String name) throws IOException {
        return disk.open(OverlayHarness.DIRECTORY.resolve(name), OpenMode.READ_WRITE);
    }

    private static long ownerEpoch(SimFileSpace disk) throws IOException {
        try (BlockFile meta = open(disk, "meta")) {
            return MetaFile.read(meta).ownerEpoch();
        }
    }

    /** The record that the owner of that time would append next, as it would. */
    private void appendLate(SimFileSpace disk, MapSlot slot, long ownerEpoch) throws IOException {
        appendLate(disk, slot, ownerEpoch, 0);
    }

    /** @param before bytes of the records that are there already */
    private void appendLate(SimFileSpace disk, MapSlot slot, long ownerEpoch, int before) throws IOException {
        JournalRecord record = new JournalRecord(Buffers.alignedDirect(8192));
        record.add(JournalRecord.PAYLOAD, NEVER_WRITTEN, 1);
        record.buffer().setMemory(record.payloadIndex(), 4096, (byte) OLD_SEED);
        record.seal(slot.seq() + 1, ownerEpoch, OverlayHarness.meta(PAGES).id(), slot.crc());
        try (BlockFile journal = open(disk, "jrnl")) {
            long position = Journal.halfPosition(slot.half(), OverlayHarness.SMALL.halfLength()) + before;
            journal.write(position, record.buffer(), 0, (int) record.length());
            journal.sync();
        }
    }

    /** Of the one record that follows the slot. */
    private static JournalRecord lastRecord(SimFileSpace disk, MapSlot slot) throws IOException {
        try (BlockFile meta = open(disk, "meta"); BlockFile journal = open(disk, "jrnl")) {
            return new JournalScan(journal, OverlayHarness.SMALL, MetaFile.read(meta), slot).next();
        }
    }

    @Test
    void shouldBelieveTheRecordWithoutANewOwner() throws IOException {
        SimFileSpace disk = harness.disk();
        appendLate(disk, recovery(disk).slot(), ownerEpoch(disk));
        assertThat(recovery(disk).states().state(NEVER_WRITTEN)).isEqualTo(Overlay.PRESENT);
    }

    @Test
    void shouldNotBelieveALateRecordAfterTheOverlayWasOpened() throws IOException {
        MapSlot slot = recovery(harness.disk()).slot();
        long oldEpoch = ownerEpoch(harness.disk());
        harness.open();
        SimFileSpace disk = harness.disk().crash(Chooser.KEEP_ALL);
        assertThat(ownerEpoch(disk)).isEqualTo(oldEpoch + 1);

        appendLate(disk, slot, oldEpoch);

        assertThat(recovery(disk).hasRecords()).isFalse();
        assertThat(recovery(disk).states().state(NEVER_WRITTEN)).isEqualTo(Overlay.ABSENT);
        harness.restart(disk);
        harness.recover();
        harness.write(3, 1);
        assertThat(harness.commitNow()).isNull();
        harness.restart(harness.disk().crash(Chooser.LOSE_ALL));
        harness.recover();
        assertThat(harness.overlay().state(NEVER_WRITTEN)).isEqualTo(Overlay.ABSENT);
    }

    /** The owner before was killed: its records are replayed, and a checkpoint begins the other half. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotBelieveALateRecordAfterARecovery(boolean checkpointed) throws IOException {
        harness.open();
        harness.write(2, 1);
        assertThat(harness.commitNow()).isNull();
        harness.restart(harness.disk().crash(Chooser.KEEP_ALL));
        Recovery before = recovery(harness.disk());
        assertThat(before.hasRecords()).isTrue();
        long oldEpoch = ownerEpoch(harness.disk());
        harness.recover();
        if (checkpointed) {
            harness.runAll();
        }
        SimFileSpace disk = harness.disk().crash(Chooser.KEEP_ALL);

        MapSlot old = before.slot();
        JournalRecord last = lastRecord(disk, old);
        appendLate(disk, new MapSlot(last.seq(), oldEpoch, old.half(), 0, 0, last.crc()), oldEpoch,
                (int) last.length());

        harness.restart(disk);
        harness.recover();
        assertThat(harness.overlay().state(NEVER_WRITTEN)).isEqualTo(Overlay.ABSENT);
        assertThat(harness.overlay().state(2)).isEqualTo(Overlay.PRESENT);
    }

    /** What the owner before had committed counts, although the new one died before its first checkpoint. */
    @Test
    void shouldBelieveWhatWasThereWhenTheNewOwnerCame() throws IOException {
        harness.open();
        harness.write(2, 1);
        assertThat(harness.commitNow()).isNull();
        SimFileSpace disk = harness.disk().crash(Chooser.KEEP_ALL);
        Recovery found = recovery(disk);
        for (int takeover = 0; takeover < 3; takeover++) {
            try (BlockFile meta = open(disk, "meta")) {
                MetaFile.read(meta).claim(found.lastSeq());
            }
        }
        assertThat(recovery(disk).lastSeq()).isEqualTo(found.lastSeq());
        harness.restart(disk);
        harness.recover();
        assertThat(harness.overlay().state(2)).isEqualTo(Overlay.PRESENT);
    }

    /** The late record lands where the new owner's first one is: its second one proves that something was lost. */
    @Test
    void shouldRefuseWhatALateRecordHasDestroyed() throws IOException {
        MapSlot slot = recovery(harness.disk()).slot();
        long oldEpoch = ownerEpoch(harness.disk());
        harness.open();
        for (int page = 3; page < 5; page++) {
            harness.write(page, 1);
            assertThat(harness.commitNow()).isNull();
        }
        SimFileSpace disk = harness.disk().crash(Chooser.KEEP_ALL);
        assertThat(recovery(disk).slot().half()).as("no checkpoint came between").isEqualTo(slot.half());

        appendLate(disk, slot, oldEpoch);

        assertThatThrownBy(() -> recovery(disk)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("jrnl");
    }
}
