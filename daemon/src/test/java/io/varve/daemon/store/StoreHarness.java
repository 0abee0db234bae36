package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.SimOverlay;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A store on a simulated disk, with one client and an oracle: what each image must read as, and what each sector of
 * the client may hold. Every call opens the store anew, as a command does.
 */
final class StoreHarness {

    static final ImageName WIN = ImageName.parse("win");
    static final ExportName ALICE = ExportName.parse("win@alice");
    /** Two pages and a piece of a third. */
    private static final int SECTORS = 2 * SectorModel.SECTORS_PER_PAGE + 3;
    private static final int SIZE = SECTORS * SectorModel.SECTOR;
    private static final Path ROOT = Path.of("/store");

    private final SimFileSpace disk;
    private final SectorModel model = new SectorModel(SECTORS);
    /** Each must be there, with this content. */
    private final Map<ImageName, byte[]> images = new TreeMap<>();
    /** May be there or not; if so, with this content. */
    private final Map<ImageName, byte[]> pending = new TreeMap<>();
    private int lastImage;

    /** What is done while the client is connected. */
    @FunctionalInterface
    interface Client {
        void use(Overlay overlay, Runnable flush) throws IOException;
    }

    private StoreHarness(SimFileSpace disk) {
        this.disk = disk;
    }

    /** An image of one layer, and no client. */
    static StoreHarness create() throws IOException {
        StoreHarness harness = new StoreHarness(new SimFileSpace());
        Store store = Store.openOrCreate(harness.disk, ROOT);
        ImageName empty = ImageName.parse("empty");
        store.publish(empty, new ImageManifest(SIZE, List.of(), Instant.EPOCH, "nothing", null));
        ExportName maker = ExportName.parse("empty@maker");
        harness.connect(maker, (overlay, flush) -> {
            UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
            for (int i = 0; i < Pages.count(SIZE); i++) {
                page.setMemory(0, Pages.PAGE_SIZE, (byte) (0x30 + i));
                overlay.writePages(i, 1, page, 0);
            }
            flush.run();
        });
        store.commit(maker, WIN);
        store.reset(maker);
        store.remove(empty);
        harness.images.put(WIN, StoreContents.image(store, WIN));
        return harness;
    }

    /** The same state on another disk. */
    StoreHarness on(SimFileSpace otherDisk) {
        StoreHarness copy = new StoreHarness(otherDisk);
        copy.model.adopt(model);
        copy.images.putAll(images);
        copy.pending.putAll(pending);
        copy.lastImage = lastImage;
        return copy;
    }

    SimFileSpace disk() {
        return disk;
    }

    Store store() throws IOException {
        return Store.open(disk, ROOT);
    }

    Set<ImageName> images() {
        return images.keySet();
    }

    /** The process of the daemon dies when the client has done what it does. */
    private void connect(ExportName name, Client client) throws IOException {
        Store store = store();
        Optional<OverlayMeta> kept = store.overlayMeta(name);
        List<String> chain = kept.isPresent()
                ? kept.get().layerIds()
                : store.image(name.image()).chain().stream().map(LayerId::hex).toList();
        OverlayMeta meta = new OverlayMeta(
                UUID.randomUUID(), name.image().name(), name.image().tag(), chain, SIZE, "alice", 0);
        Queue<Runnable> tasks = new ArrayDeque<>();
        Overlay overlay = SimOverlay.open(
                disk, store.layout().overlay(name), meta, SimOverlay.Kind.SMALL, tasks::add);
        overlay.attach(tasks::add);
        client.use(overlay, () -> {
            long moment = model.now();
            IOException[] failures = new IOException[1];
            overlay.commit(failure -> {
                failures[0] = failure;
                model.committed(moment);
            });
            runAll(tasks);
            assertThat(failures[0]).isNull();
        });
        overlay.abandon(() -> { });
        runAll(tasks);
    }

    private static void runAll(Queue<Runnable> tasks) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Page by page; flushed, the first one becomes durable by a checkpoint and the others by the journal. */
    void write(int pageIndex, int pageCount, boolean flushed) throws IOException {
        connect(ALICE, (overlay, flush) -> {
            for (int page = pageIndex; page < pageIndex + pageCount; page++) {
                write(overlay, page);
                if (flushed) {
                    flush.run();
                }
            }
        });
    }

    private void write(Overlay overlay, int pageIndex) throws IOException {
        int first = pageIndex * SectorModel.SECTORS_PER_PAGE;
        int count = Math.min(SectorModel.SECTORS_PER_PAGE, SECTORS - first);
        UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
        int number = model.nextNumber();
        for (int i = 0; i < count; i++) {
            SectorModel.fill(page, i * SectorModel.SECTOR, first + i, number);
        }
        model.writing(first, count, number);
        overlay.writePages(pageIndex, 1, page, 0);
        model.written(first, count);
    }

    void zeroAndFlush(int pageIndex) throws IOException {
        int first = pageIndex * SectorModel.SECTORS_PER_PAGE;
        connect(ALICE, (overlay, flush) -> {
            model.writing(first, SectorModel.SECTORS_PER_PAGE, SectorModel.ZEROS);
            overlay.zeroPages(pageIndex, 1);
            model.written(first, SectorModel.SECTORS_PER_PAGE);
            flush.run();
        });
    }

    /** A new image of what the client has. */
    void publish(Publisher publisher) throws IOException {
        ImageName name = ImageName.parse("s" + ++lastImage);
        byte[] content = bytes(on(disk.fork()).store());
        pending.put(name, content);
        publisher.publish(store(), name);
        pending.remove(name);
        images.put(name, content);
        model.requireSurvived(view(content));
    }

    /** Makes an image from what the client has. */
    @FunctionalInterface
    interface Publisher {
        void publish(Store store, ImageName name) throws IOException;
    }

    void remove(ImageName name) throws IOException {
        pending.put(name, images.remove(name));
        store().remove(name);
        pending.remove(name);
        assertThat(store().contains(name)).isFalse();
    }

    /** The client begins anew, all at once or not at all. */
    void reset() throws IOException {
        model.writing(0, SECTORS, SectorModel.PARENT);
        store().reset(ALICE);
        model.written(0, SECTORS);
        model.committed(model.now());
    }

    boolean hasOverlay() throws IOException {
        return store().overlayMeta(ALICE).isPresent();
    }

    /** What a crash left is what it may leave; it is looked at as by the next daemon. */
    void requireSurvived() throws IOException {
        Store store = store();
        requireImages(store);
        model.requireSurvived(view(bytes(store)));
        assertThat(disk.openCount()).as("open files").isZero();
        assertThat(disk.lockedCount()).as("locked files").isZero();
    }

    private void requireImages(Store store) throws IOException {
        for (Map.Entry<ImageName, byte[]> image : images.entrySet()) {
            assertThat(StoreContents.image(store, image.getKey())).as("%s", image.getKey())
                    .isEqualTo(image.getValue());
        }
        for (Map.Entry<ImageName, byte[]> image : pending.entrySet()) {
            if (store.contains(image.getKey())) {
                assertThat(StoreContents.image(store, image.getKey())).as("%s, unfinished", image.getKey())
                        .isEqualTo(image.getValue());
            }
        }
        for (ImageName image : store.images()) {
            assertThat(images.containsKey(image) || pending.containsKey(image)).as("%s", image).isTrue();
        }
    }

    /** After a crash in the midst of a step, before the same step is done again. */
    void beginAgain() throws IOException {
        Store store = store();
        for (Map.Entry<ImageName, byte[]> image : pending.entrySet()) {
            if (store.contains(image.getKey())) {
                images.put(image.getKey(), image.getValue());
            }
        }
        pending.clear();
    }

    /** What the client reads: its overlay, over the layers that it stands on. */
    private byte[] bytes(Store store) throws IOException {
        return store.overlayMeta(ALICE).isPresent()
                ? StoreContents.client(store, ALICE)
                : StoreContents.image(store, WIN);
    }

    private SectorModel.View view(byte[] content) {
        UnsafeBuffer bytes = new UnsafeBuffer(content);
        UnsafeBuffer parent = new UnsafeBuffer(images.get(WIN));
        return (sector, number) -> {
            int index = sector * SectorModel.SECTOR;
            return number == SectorModel.PARENT
                    ? new UnsafeBuffer(bytes, index, SectorModel.SECTOR)
                            .equals(new UnsafeBuffer(parent, index, SectorModel.SECTOR))
                    : SectorModel.isFilled(bytes, index, sector, number);
        };
    }

    void watch(PowerCuts cuts) {
        cuts.watch(disk);
    }
}
