package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each command costs in calls to the file system, and what it leaves after a power cut. */
class OverlayTest {

    private static final int PAGES = 20;

    /** A step has room for several records, so that few commits prepare the next one. */
    private static final Geometry ROOMY = new Geometry(128 << 10, 64 << 10, 16 << 10, 3, 2);

    private final OverlayHarness harness = new OverlayHarness(new SimFileSpace(), 0, PAGES, ROOMY);
    private final List<String> calls = new ArrayList<>();

    @BeforeEach
    void openWithAPreparedJournal() throws IOException {
        harness.open();
        harness.write(19, 1);
        assertThat(harness.commitNow()).isNull();
        record();
    }

    private void record() {
        calls.clear();
        harness.disk().hook(call -> calls.add(call.kind() + " " + call.path().getFileName()));
    }

    private List<String> syncs() {
        return calls.stream().filter(call -> call.startsWith(SimCall.Kind.SYNC.name())).toList();
    }

    @Test
    void shouldCommitAFewNewPagesWithOneSyncOfTheJournal() throws IOException {
        harness.write(0, 1);
        harness.write(2, 2);
        assertThat(harness.commitNow()).isNull();
        assertThat(syncs()).containsExactly("SYNC jrnl");
        requireDurable();
    }

    @Test
    void shouldCommitManyNewPagesWithASyncOfTheDataAndOneOfTheJournal() throws IOException {
        harness.write(0, 10);
        assertThat(harness.commitNow()).isNull();
        assertThat(syncs()).containsExactly("SYNC data", "SYNC jrnl");
        requireDurable();
    }

    @Test
    void shouldCommitOverwritesWithOneSyncOfTheData() throws IOException {
        harness.overwrite(19 * SectorModel.SECTORS_PER_PAGE, 3);
        assertThat(harness.commitNow()).isNull();
        assertThat(calls).containsExactly("WRITE data", "SYNC data");
        requireDurable();
    }

    @Test
    void shouldCommitZeroedPagesWithOneSyncOfTheJournal() throws IOException {
        harness.zero(0, PAGES);
        assertThat(harness.commitNow()).isNull();
        assertThat(calls).containsExactly("WRITE jrnl", "SYNC jrnl");
        requireDurable();
    }

    @Test
    void shouldNotLetAnOlderPayloadBeReplayedOverAnOverwrite() throws IOException {
        harness.write(4, 1);
        assertThat(harness.commitNow()).isNull();
        harness.overwrite(4 * SectorModel.SECTORS_PER_PAGE, 8);
        assertThat(harness.commitNow()).isNull();
        assertThat(syncs()).containsExactly("SYNC jrnl", "SYNC jrnl");
        requireDurable();
    }

    @Test
    void shouldSyncTheDataWhenPagesHaveLeftTheMemory() throws IOException {
        harness.disk().residency(length -> 0);
        harness.write(0, 1);
        assertThat(harness.commitNow()).isNull();
        assertThat(syncs()).containsExactly("SYNC data", "SYNC jrnl");
        requireDurable();
    }

    @Test
    void shouldOverwriteACommittedPageWithOneCall() throws IOException {
        harness.overwrite(19 * SectorModel.SECTORS_PER_PAGE, 1);
        harness.write(19, 1);
        assertThat(calls).containsExactly("WRITE data", "WRITE data");
    }

    @Test
    void shouldWriteFreshPagesInPiecesThatEndAtAMultipleOfTheirLength() throws IOException {
        List<Long> pages = new ArrayList<>();
        harness.disk().hook(call -> pages.add(call.length() >>> Pages.PAGE_SHIFT));
        harness.write(2, 15);
        assertThat(pages).containsExactly(6L, 8L, 1L);
        pages.clear();
        harness.write(2, 16);
        assertThat(pages).as("one of them is fresh").containsExactly(6L, 8L, 2L);
        pages.clear();
        harness.write(2, 16);
        assertThat(pages).as("all are present").containsExactly(16L);
    }

    @Test
    void shouldAnswerAtOnceWhenNothingIsDirty() {
        List<IOException> answer = harness.commit();
        assertThat(answer).hasSize(1).containsOnlyNulls();
        assertThat(calls).isEmpty();
        assertThat(harness.hasTasks()).isFalse();
    }

    @Test
    void shouldServeAllWhoWaitWithOneEpoch() throws IOException {
        harness.write(0, 1);
        List<IOException> first = harness.commit();
        harness.write(1, 1);
        List<IOException> second = harness.commit();
        harness.write(2, 1);
        List<IOException> third = harness.commit();
        assertThat(first).isEmpty();
        harness.runWorker();
        harness.runOwner();
        assertThat(first).hasSize(1);
        assertThat(second).isEmpty();
        harness.runAll();
        assertThat(second).hasSize(1).containsOnlyNulls();
        assertThat(third).hasSize(1).containsOnlyNulls();
        assertThat(syncs()).containsExactly("SYNC jrnl", "SYNC jrnl");
        requireDurable();
    }

    @Test
    void shouldLetACommitWaitForTheEpochThatCoversItsWrites() throws IOException {
        harness.write(0, 1);
        List<IOException> first = harness.commit();
        List<IOException> second = harness.commit();
        assertThat(second).as("the page is not durable yet").isEmpty();
        harness.runAll();
        assertThat(first).containsExactly((IOException) null);
        assertThat(second).containsExactly((IOException) null);
        assertThat(syncs()).containsExactly("SYNC jrnl");
    }

    @Test
    void shouldMakeTheJournalOnlyAfterTheFirstCommit() throws IOException {
        OverlayHarness fresh = new OverlayHarness(new SimFileSpace(), PAGES);
        fresh.open();
        fresh.write(0, 1);
        assertThat(fresh.disk().exists(OverlayHarness.DIRECTORY.resolve("jrnl"))).isFalse();
        assertThat(fresh.commitNow()).isNull();
        assertThat(fresh.disk().exists(OverlayHarness.DIRECTORY.resolve("jrnl"))).isTrue();
        fresh.restart(fresh.disk().crash(Chooser.LOSE_ALL));
        fresh.recover();
    }

    @Test
    void shouldPunchAfterTheCommitAndOnlyWhatIsStillZero() throws IOException {
        harness.write(0, 16);
        assertThat(harness.commitNow()).isNull();
        harness.zero(0, 16);
        harness.runAll();
        assertThat(calls).noneMatch(call -> call.startsWith("PUNCH"));
        List<IOException> answer = harness.commit();
        while (answer.isEmpty()) {
            harness.runWorker();
            harness.runOwner();
        }
        harness.write(3, 5);
        long before = harness.disk().allocatedPages();
        harness.runAll();
        assertThat(calls.stream().filter(call -> call.startsWith("PUNCH"))).hasSize(2);
        assertThat(harness.disk().allocatedPages()).isEqualTo(before - 11);
        harness.requireCurrent();
    }

    /** The space was asked for, so it must stay: each step looks at the states of that moment. */
    @Test
    void shouldNotPunchWhatWasAllocatedMeanwhile() throws IOException {
        harness.write(0, 16);
        assertThat(harness.commitNow()).isNull();
        harness.zero(0, 16);
        List<IOException> answer = harness.commit();
        while (answer.isEmpty()) {
            harness.runWorker();
            harness.runOwner();
        }
        long before = harness.disk().allocatedPages();
        harness.allocateZeros(0, 16);
        harness.runAll();
        assertThat(harness.commitNow()).isNull();
        assertThat(calls).noneMatch(call -> call.startsWith("PUNCH"));
        assertThat(harness.disk().allocatedPages()).isGreaterThanOrEqualTo(before);
        requireDurable();
    }

    @Test
    void shouldNotPunchWhatNeverHadData() throws IOException {
        harness.zero(0, 16);
        assertThat(harness.commitNow()).isNull();
        assertThat(calls).noneMatch(call -> call.startsWith("PUNCH"));
    }

    @Test
    void shouldFillTheJournalAndGoOnInTheOtherHalf() throws IOException {
        for (int i = 0; i < 80; i++) {
            harness.zero(0, 1);
            harness.write(0, 1);
            assertThat(harness.commitNow()).isNull();
        }
        assertThat(syncs().stream().filter(sync -> !sync.equals("SYNC jrnl")))
                .containsExactly("SYNC data", "SYNC map0", "SYNC data", "SYNC map1");
        requireDurable();
    }

    @Test
    void shouldCommitAndCheckpointOnClose() throws IOException {
        harness.write(0, 1);
        harness.overwrite(19 * SectorModel.SECTORS_PER_PAGE, 8);
        List<IOException> answer = harness.commit();
        harness.zero(1, 1);
        List<IOException> late = harness.commit();
        harness.close();
        assertThat(answer).containsExactly((IOException) null);
        assertThat(late).containsExactly((IOException) null);
        assertThat(harness.disk().openCount()).isZero();
        assertThat(OverlayReader.info(harness.disk(), OverlayHarness.DIRECTORY).condition())
                .isEqualTo(OverlayInfo.Condition.CLEAN);
        harness.restart(harness.disk().crash(Chooser.LOSE_ALL));
        harness.recover();
    }

    @Test
    void shouldTellWhatItHolds() throws IOException {
        harness.write(0, 2);
        harness.zero(1, 4);
        OverlayInfo live = harness.overlay().info();
        assertThat(live.presentPages()).isEqualTo(2);
        assertThat(live.zeroPages()).isEqualTo(4);
        assertThat(live.condition()).isEqualTo(OverlayInfo.Condition.UNCLEAN);
        assertThat(harness.commitNow()).isNull();
        OverlayInfo onDisk = OverlayReader.info(harness.disk(), OverlayHarness.DIRECTORY);
        assertThat(onDisk.meta()).isEqualTo(OverlayHarness.meta(PAGES));
        assertThat(onDisk.presentPages()).isEqualTo(2);
        assertThat(onDisk.zeroPages()).isEqualTo(4);
        assertThat(onDisk.condition()).isEqualTo(OverlayInfo.Condition.UNCLEAN);
        assertThat(onDisk.bytesUsed()).isGreaterThan(Pages.offset(2));
    }

    @Test
    void shouldBeReadWithoutAServer() throws IOException {
        harness.write(3, 2);
        harness.zero(7, 1);
        assertThat(harness.commitNow()).isNull();
        SimFileSpace disk = harness.disk().crash(Chooser.LOSE_ALL);
        OverlayOpener opener = new OverlayOpener(disk, OverlayHarness.DIRECTORY,
                OverlayHarness.SMALL, OverlayHarness.BUFFERS, Runnable::run);
        try (OverlayReader reader = OverlayReader.open(opener)) {
            assertThat(reader.meta()).isEqualTo(OverlayHarness.meta(PAGES));
            assertThat(reader.runLength(0, PAGES)).isEqualTo(3);
            assertThat(reader.state(3)).isEqualTo(Overlay.PRESENT);
            assertThat(reader.runLength(3, PAGES)).isEqualTo(2);
            assertThat(reader.state(7)).isEqualTo(Overlay.ZERO);
            reader.data().read(Pages.offset(3), Buffers.alignedDirect(8192), 0, 8192);
        }
        assertThat(disk.openCount()).isZero();
    }

    /** What was acknowledged is there after the worst power cut, and after one that keeps all. */
    private void requireDurable() throws IOException {
        for (Chooser chooser : List.of(Chooser.LOSE_ALL, Chooser.KEEP_ALL)) {
            OverlayHarness after = new OverlayHarness(harness.disk().crash(chooser), 0, PAGES, ROOMY);
            after.model().adopt(harness.model());
            after.recover();
        }
    }
}
