package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory.Listing;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreDirectoryTest {

    private static final int PAGE = 4096;
    private static final long SIZE = 40L * PAGE + 512;

    @TempDir
    Path temporary;

    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(1);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private final TestAgent agent = new TestAgent();
    private Store store;

    @BeforeEach
    void create() throws IOException {
        store = Store.openOrCreate(new NativeFileSpace(), temporary.resolve("store"));
        publish("win", SIZE);
    }

    @AfterEach
    void close() {
        boots.close();
        workers.close();
        agent.close();
    }

    /** An image without layers reads as zero. */
    private void publish(String image, long size) throws IOException {
        store.publish(ImageName.parse(image),
                new ImageManifest(size, List.of(), Instant.parse("2026-01-02T03:04:05Z"), image + ".raw", null));
    }

    private StoreDirectory directory(OverlayMode mode, String... named) {
        List<ImageName> images = Arrays.stream(named).map(ImageName::parse).toList();
        return new StoreDirectory(store, images, OverlayPolicy.of(mode), boots, workers, counters);
    }

    private Export open(StoreDirectory directory, String name) throws Exception {
        Export export = directory.open(name);
        agent.attach(export);
        return export;
    }

    private static byte[] filled(int value) {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) value);
        return page;
    }

    @Test
    void shouldListImagesAndNeverClients() throws Exception {
        publish("lab/alpine:3.20", PAGE);
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        agent.close(open(directory, "win@pc1"));
        assertThat(directory.list()).extracting(Listing::name).containsExactly("lab/alpine:3.20", "win");
        assertThat(directory(OverlayMode.PERSISTENT, "win").list()).extracting(Listing::name).containsExactly("win");
    }

    @Test
    void shouldServeTheOnlyImageWithoutAName() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        assertThat(directory.describe("").name()).isEqualTo("win");
        publish("mac", PAGE);
        assertThatThrownBy(() -> directory.describe("")).isInstanceOf(ExportException.class)
                .hasMessageContaining("2 images");
        assertThat(directory(OverlayMode.PERSISTENT, "mac").describe("").size()).isEqualTo(PAGE);
    }

    @Test
    void shouldNotServeWhatIsNotNamedOrNotThere() throws IOException {
        publish("mac", PAGE);
        StoreDirectory directory = directory(OverlayMode.PERSISTENT, "win");
        for (String name : List.of("mac", "linux", "win:v2", "win@", "../win", "win@../x", "w".repeat(4096))) {
            assertThatThrownBy(() -> directory.open(name))
                    .isInstanceOfSatisfying(ExportException.class,
                            e -> assertThat(e.kind()).isEqualTo(ExportException.Kind.UNKNOWN));
        }
    }

    @Test
    void shouldTellWhatEachModeAllows() throws ExportException {
        ExportInfo kept = directory(OverlayMode.PERSISTENT).describe("win@pc1");
        assertThat(kept.name()).isEqualTo("win@pc1");
        assertThat(kept.size()).isEqualTo(SIZE);
        assertThat(kept.features()).contains(Feature.CAN_MULTI_CONN, Feature.FUA, Feature.TRIM, Feature.FLUSH)
                .doesNotContain(Feature.READ_ONLY);
        assertThat(directory(OverlayMode.PERSISTENT).describe("win").features())
                .doesNotContain(Feature.CAN_MULTI_CONN, Feature.READ_ONLY);
        assertThat(directory(OverlayMode.EPHEMERAL).describe("win@pc1").features()).contains(Feature.CAN_MULTI_CONN);
        assertThat(directory(OverlayMode.EPHEMERAL).describe("win").features()).doesNotContain(Feature.CAN_MULTI_CONN);
        assertThat(directory(OverlayMode.NONE).describe("win@pc1").features())
                .contains(Feature.CAN_MULTI_CONN, Feature.READ_ONLY)
                .doesNotContain(Feature.TRIM, Feature.FUA);
    }

    @Test
    void shouldMakeAnOverlayAtFirstUseAndNotBefore() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        directory.describe("win@pc1");
        assertThat(store.overlays()).isEmpty();
        agent.close(open(directory, "win@pc1"));
        directory.close();
        assertThat(store.overlays()).singleElement()
                .satisfies(entry -> assertThat(entry.name()).hasToString("win@pc1"));
    }

    @Test
    void shouldKeepWhatANamedClientWroteAndNothingElse() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        Export named = open(directory, "win@pc1");
        Export nameless = open(directory, "win");
        agent.write(named, PAGE, filled(1));
        agent.write(nameless, PAGE, filled(2));
        agent.close(named);
        agent.close(nameless);
        directory.close();

        assertThat(agent.read(open(directory, "win@pc1"), PAGE, PAGE)).isEqualTo(filled(1));
        assertThat(agent.read(open(directory, "win@pc2"), PAGE, PAGE)).isEqualTo(filled(0));
        assertThat(agent.read(open(directory, "win"), PAGE, PAGE)).isEqualTo(filled(0));
    }

    @Test
    void shouldShareOneDiskAmongConnectionsOfAClient() throws Exception {
        StoreDirectory directory = directory(OverlayMode.EPHEMERAL);
        Export first = open(directory, "win@pc1");
        Export second = open(directory, "win:latest@pc1");
        Export other = open(directory, "win@pc2");
        assertThat(second.ownerKey()).isEqualTo(first.ownerKey());
        assertThat(other.ownerKey()).isNotEqualTo(first.ownerKey());
        agent.write(first, 0, filled(7));
        assertThat(agent.read(second, 0, PAGE)).isEqualTo(filled(7));
        assertThat(directory.disks()).filteredOn(disk -> disk.name().equals("win@pc1"))
                .singleElement().satisfies(disk -> assertThat(disk.connectionCount()).isEqualTo(2));
        agent.close(first);
        assertThat(agent.read(second, 0, PAGE)).isEqualTo(filled(7));
        agent.close(second);
        agent.close(other);
        directory.close();
        assertThat(agent.read(open(directory, "win@pc1"), 0, PAGE)).isEqualTo(filled(0));
    }

    @Test
    void shouldGiveMemoryBackWithTheClient() throws Exception {
        StoreDirectory directory = new StoreDirectory(store, List.of(),
                new OverlayPolicy(OverlayMode.MEMORY, 8 * PAGE, 1 << 20), boots, workers, counters);
        Export named = open(directory, "win@pc1");
        Export nameless = open(directory, "win");
        agent.write(named, 0, filled(1));
        agent.write(nameless, 0, filled(2));
        assertThat(agent.read(named, 0, PAGE)).isEqualTo(filled(1));
        assertThat(directory.memoryTakenLength()).isPositive();
        assertThat(directory.disks()).allSatisfy(disk -> {
            assertThat(disk.mode()).isEqualTo(OverlayMode.MEMORY);
            assertThat(disk.overlay().use().heldLength()).isEqualTo(PAGE);
            assertThat(disk.overlay().use().quotaLength()).isEqualTo(8 * PAGE);
            assertThat(disk.overlay().use().memoryLength()).isPositive();
        });
        agent.close(named);
        agent.close(nameless);
        Export again = open(directory, "win@pc1");
        assertThat(agent.read(again, 0, PAGE)).isEqualTo(filled(0));
        agent.close(again);
        directory.close();
        assertThat(Files.list(store.layout().ephemeral())).isEmpty();
        assertThat(store.overlays()).isEmpty();
    }

    @Test
    void shouldGiveNamelessConnectionsDisksOfTheirOwn() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        Export first = open(directory, "win");
        Export second = open(directory, "win");
        agent.write(first, 0, filled(1));
        assertThat(agent.read(second, 0, PAGE)).isEqualTo(filled(0));
        assertThat(second.ownerKey()).isNotEqualTo(first.ownerKey());
        assertThat(directory.disks()).hasSize(2);
    }

    @Test
    void shouldWaitForADiskThatIsStillClosing() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        Export before = open(directory, "win@pc1");
        agent.write(before, 0, filled(3));
        CountDownLatch worker = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(1);
        workers.demand(() -> {
            busy.countDown();
            awaitUninterruptibly(worker);
        });
        busy.await();
        agent.close(before);
        CompletableFuture<Export> after = CompletableFuture.supplyAsync(() -> {
            try {
                return directory.open("win@pc1");
            } catch (ExportException e) {
                throw new AssertionError(e);
            }
        });
        assertThatThrownBy(() -> after.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(
                java.util.concurrent.TimeoutException.class);
        worker.countDown();
        Export again = after.get(30, TimeUnit.SECONDS);
        agent.attach(again);
        assertThat(agent.read(again, 0, PAGE)).isEqualTo(filled(3));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void shouldLockTheImageWhileADiskIsOpen() throws Exception {
        StoreDirectory directory = directory(OverlayMode.NONE);
        Path manifest = store.layout().manifest(ImageName.parse("win"));
        Export export = open(directory, "win");
        assertThat(FileLocks.tryLock(manifest, LockKind.EXCLUSIVE)).isNull();
        agent.close(export);
        directory.close();
        try (FileLocks.Lock free = FileLocks.tryLock(manifest, LockKind.EXCLUSIVE)) {
            assertThat(free).isNotNull();
        }
    }

    @Test
    void shouldKeepAnOverlayOnWhatItWasMadeOnWhenTheNameMoves() throws Exception {
        publish("win:v2", 2 * SIZE);
        store.tag(ImageName.parse("win"), ImageName.parse("stable"));
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        Export export = open(directory, "stable@pc1");
        agent.write(export, 0, filled(5));
        agent.close(export);
        directory.close();

        store.tag(ImageName.parse("win:v2"), ImageName.parse("stable"));

        assertThat(directory.describe("stable@pc1").size()).isEqualTo(SIZE);
        assertThat(agent.read(open(directory, "stable@pc1"), 0, PAGE)).isEqualTo(filled(5));
        assertThat(directory.describe("stable@pc2").size()).isEqualTo(2 * SIZE);
    }

    @Test
    void shouldSayThatTheBaseOfAnOverlayIsGone() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT, "win");
        agent.close(open(directory, "win@pc1"));
        directory.close();
        Files.delete(store.layout().manifest(ImageName.parse("win")));
        assertThatThrownBy(() -> directory.open("win@pc1"))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("overlay win@pc1: its image win is no longer in the store");
        assertThat(store.overlays()).singleElement()
                .satisfies(entry -> assertThat(entry.problem()).contains("no longer in the store"));
    }

    @Test
    void shouldLeaveNothingOpenWhenOpeningFails() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        Files.createDirectories(store.layout().overlays(ImageName.parse("win")));
        Path inTheWay = store.layout().overlay(ExportName.parse("win@pc1"));
        Files.createFile(inTheWay);
        assertThatThrownBy(() -> directory.open("win@pc1")).isInstanceOf(ExportException.class);
        assertThat(directory.disks()).isEmpty();
        Files.delete(inTheWay);
        agent.close(open(directory, "win@pc1"));
    }

    @Test
    void shouldResetOnlyWhatNobodyUses() throws Exception {
        StoreDirectory directory = directory(OverlayMode.PERSISTENT);
        ExportName name = ExportName.parse("win@pc1");
        assertThatThrownBy(() -> store.reset(name)).isInstanceOf(StoreException.class).hasMessageContaining("win@pc1");
        Export export = open(directory, "win@pc1");
        agent.write(export, 0, filled(1));
        assertThat(store.overlays()).singleElement().satisfies(entry -> assertThat(entry.inUse()).isTrue());
        assertThatThrownBy(() -> store.reset(name)).isInstanceOf(StoreException.class).hasMessageContaining("in use");
        agent.close(export);
        directory.close();
        assertThat(store.overlays()).singleElement().satisfies(entry -> {
            assertThat(entry.inUse()).isFalse();
            assertThat(entry.info().presentPages()).isOne();
        });

        store.reset(name);

        assertThat(store.overlays()).isEmpty();
        assertThat(Files.list(store.layout().temporary())).isEmpty();
        assertThat(agent.read(open(directory, "win@pc1"), 0, PAGE)).isEqualTo(filled(0));
    }
}
