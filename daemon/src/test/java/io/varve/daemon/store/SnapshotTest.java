package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.nbd.export.Export;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 40;
    private static final ExportName ALICE = ExportName.parse("win@alice");

    @TempDir
    Path temporary;

    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(2);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private final TestAgent agent = new TestAgent();
    private Store store;

    @BeforeEach
    void create() throws IOException {
        store = Store.openOrCreate(new NativeFileSpace(), temporary.resolve("store"));
        store.publish(ImageName.parse("win"), new ImageManifest(
                (long) PAGES * PAGE, List.of(), Instant.parse("2026-01-02T03:04:05Z"), "win.raw", null));
    }

    @AfterEach
    void close() {
        boots.close();
        workers.close();
        agent.close();
    }

    private StoreDirectory directory(OverlayMode mode) {
        return new StoreDirectory(store, List.of(), OverlayPolicy.of(mode), boots, workers, counters);
    }

    private Export open(StoreDirectory directory, String name) throws Exception {
        Export export = directory.open(name);
        agent.attach(export);
        return export;
    }

    private byte[] readOnce(StoreDirectory directory, String name, long offset) throws Exception {
        Export export = open(directory, name);
        byte[] page = agent.read(export, offset, PAGE);
        agent.close(export);
        return page;
    }

    private static byte[] filled(int value) {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) value);
        return page;
    }

    @Test
    void shouldKeepWhatAConnectedClientHadAndLetItGoOn() throws Exception {
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            Export alice = open(directory, "win@alice");
            agent.write(alice, 3 * PAGE, filled(1));
            agent.zero(alice, 5 * PAGE, PAGE);
            TakenSnapshot taken = directory.snapshot(ALICE, ImageName.parse("snap"));
            agent.write(alice, 3 * PAGE, filled(2));

            assertThat(taken.image().chain()).hasSize(1);
            assertThat(agent.read(alice, 3 * PAGE, PAGE)).isEqualTo(filled(2));
            assertThat(readOnce(directory, "snap@bob", 3 * PAGE)).isEqualTo(filled(1));
            assertThat(readOnce(directory, "win@bob", 3 * PAGE)).isEqualTo(filled(0));
            agent.close(alice);
            assertThat(readOnce(directory, "win@alice", 3 * PAGE)).isEqualTo(filled(2));
        }
    }

    @Test
    void shouldTakeAnotherOneOnTopOfTheFirst() throws Exception {
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            Export alice = open(directory, "win@alice");
            for (int i = 1; i <= 5; i++) {
                agent.write(alice, (long) i * PAGE, filled(i));
                assertThat(directory.snapshot(ALICE, ImageName.parse("snap:" + i)).image().chain()).hasSize(i);
            }
            for (int i = 1; i <= 5; i++) {
                assertThat(agent.read(alice, (long) i * PAGE, PAGE)).isEqualTo(filled(i));
            }
            assertThat(readOnce(directory, "snap:3@bob", 3L * PAGE)).isEqualTo(filled(3));
            assertThat(readOnce(directory, "snap:3@bob", 4L * PAGE)).isEqualTo(filled(0));
            agent.close(alice);
        }
    }

    @Test
    void shouldTakeOneOfAClientThatIsAway() throws Exception {
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            Export alice = open(directory, "win@alice");
            agent.write(alice, 0, filled(7));
            agent.close(alice);
        }
        store.snapshot(ALICE, ImageName.parse("snap"));
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            assertThat(readOnce(directory, "snap@bob", 0)).isEqualTo(filled(7));
            assertThat(readOnce(directory, "win@alice", 0)).isEqualTo(filled(7));
        }
    }

    @Test
    void shouldSealAndMergeWhileTheClientReadsAndWrites() throws Exception {
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            Export alice = open(directory, "win@alice");
            for (int i = 1; i <= 6; i++) {
                agent.write(alice, (long) i * PAGE, filled(i));
                agent.zero(alice, (long) (i - 1) * PAGE, PAGE);
                directory.snapshot(ALICE, ImageName.parse("snap:" + i));
            }
            Maintenance maintenance = new Maintenance(store, directory, new UpkeepPolicy(0, 4, 0, false), () -> 0);
            maintenance.run();
            maintenance.close();

            assertThat(store.image(ImageName.parse("snap:6")).chain()).hasSizeLessThanOrEqualTo(4)
                    .noneMatch(store.frozenLayers()::contains);
            for (int i = 0; i <= 6; i++) {
                byte[] expected = filled(i == 6 ? 6 : 0);
                assertThat(agent.read(alice, (long) i * PAGE, PAGE)).as("page " + i).isEqualTo(expected);
                assertThat(readOnce(directory, "snap:6@bob", (long) i * PAGE)).as("page " + i).isEqualTo(expected);
            }
            assertThat(readOnce(directory, "snap:3@bob", 3L * PAGE)).isEqualTo(filled(3));
            agent.write(alice, PAGE, filled(9));
            directory.snapshot(ALICE, ImageName.parse("snap:7"));
            agent.close(alice);
            assertThat(readOnce(directory, "win@alice", PAGE)).isEqualTo(filled(9));
            assertThat(readOnce(directory, "snap:7@bob", 6L * PAGE)).isEqualTo(filled(6));
        }
    }

    @Test
    void shouldLoseNoWriteThatWasAnsweredMeanwhile() throws Exception {
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            Export alice = open(directory, "win@alice");
            AtomicBoolean enough = new AtomicBoolean();
            ExecutorService writer = Executors.newSingleThreadExecutor();
            Future<int[]> written = writer.submit(() -> {
                int[] last = new int[PAGES];
                for (int i = 1; !enough.get(); i++) {
                    int page = i * 7 % PAGES;
                    agent.write(alice, (long) page * PAGE, filled(i));
                    last[page] = (byte) i;
                }
                return last;
            });
            for (int i = 0; i < 10; i++) {
                directory.snapshot(ALICE, ImageName.parse("snap:" + i));
            }
            enough.set(true);
            int[] last = written.get();
            writer.shutdown();
            for (int page = 0; page < PAGES; page++) {
                assertThat(agent.read(alice, (long) page * PAGE, PAGE)).as("page " + page)
                        .isEqualTo(filled(last[page]));
            }
            agent.close(alice);
        }
    }

    @Test
    void shouldRefuseWhatCannotBe() throws Exception {
        try (StoreDirectory directory = directory(OverlayMode.PERSISTENT)) {
            assertThatThrownBy(() -> directory.snapshot(ALICE, ImageName.parse("snap")))
                    .isInstanceOf(StoreException.class).hasMessageContaining("win@alice");
            Export alice = open(directory, "win@alice");
            assertThatThrownBy(() -> directory.snapshot(ALICE, ImageName.parse("win")))
                    .isInstanceOf(StoreException.class).hasMessageContaining("choose another name");
            agent.write(alice, 0, filled(1));
            agent.close(alice);
        }
        try (StoreDirectory directory = directory(OverlayMode.EPHEMERAL)) {
            Export carol = open(directory, "win@carol");
            assertThatThrownBy(() -> directory.snapshot(ExportName.parse("win@carol"), ImageName.parse("snap")))
                    .isInstanceOf(StoreException.class).hasMessageContaining("not kept");
            agent.write(carol, 0, filled(1));
            assertThat(agent.read(carol, 0, PAGE)).isEqualTo(filled(1));
            agent.close(carol);
        }
    }
}
