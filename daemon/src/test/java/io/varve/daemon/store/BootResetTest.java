package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo.Feature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Overlays that are kept until their client comes back. */
class BootResetTest {

    private static final int PAGE = 4096;
    private static final long SIZE = 40L * PAGE;
    private static final ExportName NAME = ExportName.parse("win@pc1");

    @TempDir
    Path temporary;

    private final NativeFileSpace space = new NativeFileSpace();
    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(2);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private final TestAgent agent = new TestAgent();
    private Store store;
    private StoreDirectory directory;

    @BeforeEach
    void create() throws IOException {
        store = Store.openOrCreate(space, temporary.resolve("store"));
        store.publish(ImageName.parse("win"),
                new ImageManifest(SIZE, List.of(), Instant.parse("2026-01-02T03:04:05Z"), "win.raw", null));
        directory = directory(OverlayMode.RESET_ON_BOOT);
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

    private Export open(StoreDirectory in) throws Exception {
        Export export = in.open("win@pc1");
        agent.attach(export);
        return export;
    }

    /** A client comes, writes and leaves. */
    private void session(StoreDirectory in, int value) throws Exception {
        Export export = open(in);
        agent.write(export, 0, filled(value));
        agent.close(export);
        in.close();
    }

    private static byte[] filled(int value) {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) value);
        return page;
    }

    private OverlayEntry onlyOverlay() throws IOException {
        assertThat(store.overlays()).hasSize(1);
        return store.overlays().get(0);
    }

    @Test
    void shouldKeepWritesUntilTheClientComesBack() throws Exception {
        session(directory, 1);

        OverlayEntry kept = onlyOverlay();
        assertThat(kept.mode()).isEqualTo(OverlayMode.RESET_ON_BOOT);
        assertThat(kept.info().presentPages()).isOne();
        Export again = open(directory);
        assertThat(agent.read(again, 0, PAGE)).isEqualTo(filled(0));
        assertThat(onlyOverlay().info().meta().id()).isNotEqualTo(kept.info().meta().id());
        agent.close(again);
    }

    @Test
    void shouldShareWhatIsWrittenAmongConnectionsUntilTheLastOneGoes() throws Exception {
        assertThat(directory.describe("win@pc1").features()).contains(Feature.CAN_MULTI_CONN);
        Export first = open(directory);
        agent.write(first, 0, filled(2));
        Export second = open(directory);
        agent.close(first);
        assertThat(agent.read(second, 0, PAGE)).isEqualTo(filled(2));
        Export third = open(directory);
        assertThat(agent.read(third, 0, PAGE)).isEqualTo(filled(2));
        agent.close(second);
        agent.close(third);
        assertThat(agent.read(open(directory), 0, PAGE)).isEqualTo(filled(0));
    }

    @Test
    void shouldCommitAndResetBetweenBoots() throws Exception {
        session(directory, 3);
        store.commit(NAME, ImageName.parse("win:mine"));
        assertThat(store.image(ImageName.parse("win:mine")).chain()).hasSize(1);

        store.reset(NAME);
        assertThat(store.overlays()).isEmpty();
        assertThat(agent.read(open(directory), 0, PAGE)).isEqualTo(filled(0));
    }

    @Test
    void shouldStartFromTheImageAsItIsNow() throws Exception {
        session(directory, 4);
        store.commit(NAME, ImageName.parse("win:v2"));
        store.tag(ImageName.parse("win"), ImageName.parse("stable"));
        Export before = directory.open("stable@pc1");
        agent.attach(before);
        assertThat(agent.read(before, 0, PAGE)).isEqualTo(filled(0));
        agent.close(before);
        directory.close();

        store.tag(ImageName.parse("win:v2"), ImageName.parse("stable"));

        Export after = directory.open("stable@pc1");
        agent.attach(after);
        assertThat(agent.read(after, 0, PAGE)).isEqualTo(filled(4));
        agent.close(after);
    }

    @Test
    void shouldNeverDropWhatWasPromisedToBeKept() throws Exception {
        session(directory(OverlayMode.PERSISTENT), 5);
        assertThat(onlyOverlay().mode()).isEqualTo(OverlayMode.PERSISTENT);

        assertThatThrownBy(() -> directory.open("win@pc1")).isInstanceOf(ExportException.class)
                .hasMessageContaining("win@pc1").hasMessageContaining("varve reset win@pc1");

        assertThat(agent.read(open(directory(OverlayMode.PERSISTENT)), 0, PAGE)).isEqualTo(filled(5));
    }

    @Test
    void shouldKeepForGoodFromWhenTheDaemonSaysSo() throws Exception {
        session(directory, 6);
        StoreDirectory persistent = directory(OverlayMode.PERSISTENT);
        Export kept = open(persistent);
        assertThat(agent.read(kept, 0, PAGE)).isEqualTo(filled(6));
        agent.close(kept);
        persistent.close();
        assertThat(onlyOverlay().mode()).isEqualTo(OverlayMode.PERSISTENT);
        assertThatThrownBy(() -> directory.open("win@pc1")).isInstanceOf(ExportException.class);
    }

    @Test
    void shouldNotWaitForTheDeletion() throws Exception {
        session(directory, 7);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(1);
        workers.background(() -> {
            busy.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        busy.await();

        assertThat(agent.read(open(directory), 0, PAGE)).isEqualTo(filled(0));

        assertThat(temporaryFiles()).hasSize(1);
        release.countDown();
        CountDownLatch behind = new CountDownLatch(1);
        workers.background(behind::countDown);
        behind.await();
        assertThat(temporaryFiles()).isEmpty();
    }

    /** The daemon died at each of the moments of a boot. */
    @Test
    void shouldStartFromTheImageWhereverTheBootBeforeWasCutShort() throws Exception {
        BootReset resets = new BootReset(space, store.layout(), task -> {
            throw new RejectedExecutionException("the daemon is dead");
        });
        session(directory, 8);
        Path moved = new OverlayCatalogue(space, store.layout()).condemn(NAME);
        assertThat(moved).isDirectory();
        session(directory, 9);
        resets.begin(NAME);
        assertThat(store.overlays()).isEmpty();
        assertThat(temporaryFiles()).hasSize(2);
        Files.createFile(store.layout().overlay(NAME).resolve("meta"));
        assertThat(agent.read(open(directory), 0, PAGE)).isEqualTo(filled(0));
        assertThat(onlyOverlay().mode()).isEqualTo(OverlayMode.RESET_ON_BOOT);

        store.leftovers().run();
        assertThat(temporaryFiles()).isEmpty();
    }

    @Test
    void shouldDeleteLargeFilesInSteps() throws Exception {
        Path condemned = Files.createDirectories(temporary.resolve("condemned"));
        try (var large = space.open(condemned.resolve("data"), io.varve.daemon.io.FileSpace.OpenMode.CREATE_NEW)) {
            large.truncate((2L << 30) + 1);
        }
        int[] steps = new int[1];
        Runnable[] next = new Runnable[1];
        new SlowDelete(space, condemned, task -> next[0] = task).start();
        while (next[0] != null) {
            Runnable task = next[0];
            next[0] = null;
            steps[0]++;
            task.run();
        }
        assertThat(steps[0]).isEqualTo(3);
        assertThat(condemned).doesNotExist();
    }

    private List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(store.layout().temporary())) {
            return files.toList();
        }
    }
}
