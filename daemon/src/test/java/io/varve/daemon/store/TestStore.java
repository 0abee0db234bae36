package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.agrona.concurrent.UnsafeBuffer;

/** A store on a simulated disk: images and overlays, and what they must read as. */
final class TestStore {

    static final Path ROOT = Path.of("/store");

    final SimFileSpace space;
    final Store store;
    /** Of images and overlays, by their names. */
    final Map<String, byte[]> contents = new TreeMap<>();

    private TestStore(SimFileSpace space, Store store) {
        this.space = space;
        this.store = store;
    }

    static TestStore create() throws IOException {
        SimFileSpace space = new SimFileSpace();
        TestStore made = new TestStore(space, Store.openOrCreate(space, ROOT));
        space.syncDirectory(Path.of("/"));
        return made;
    }

    /** The same store on another disk, which must read as this one. */
    TestStore on(SimFileSpace other) throws IOException {
        TestStore copy = new TestStore(other, Store.open(other, ROOT));
        copy.contents.putAll(contents);
        return copy;
    }

    /** A disk with some pages changed, some made zero; it may have another size. */
    static byte[] changed(byte[] before, int size, Random random) {
        byte[] next = Arrays.copyOf(before, size);
        for (int page = random.nextInt(8); page < Pages.count(size); page += 1 + random.nextInt(12)) {
            int count = 1 + random.nextInt(8);
            boolean zero = random.nextInt(3) == 0;
            for (int i = 0; i < count && page < Pages.count(size); i++, page++) {
                byte[] content = new byte[Math.min(Pages.PAGE_SIZE, size - page * Pages.PAGE_SIZE)];
                if (!zero) {
                    random.nextBytes(content);
                }
                System.arraycopy(content, 0, next, page * Pages.PAGE_SIZE, content.length);
            }
        }
        return next;
    }

    /** One more image, above another one or above nothing, with as many layers more. */
    void image(String name, String parentOrNull, int layerCount, int size, Random random) throws IOException {
        byte[] content = parentOrNull == null ? new byte[0] : contents.get(parentOrNull);
        List<LayerId> chain = new ArrayList<>();
        if (parentOrNull != null) {
            chain.addAll(store.image(ImageName.parse(parentOrNull)).chain());
        }
        for (int i = 0; i < layerCount; i++) {
            content = changed(content, size, random);
            chain.add(seal(content, chain));
        }
        publish(name, content, chain);
    }

    void publish(String name, byte[] content, List<LayerId> chain) throws IOException {
        store.publish(ImageName.parse(name),
                new ImageManifest(content.length, chain, Instant.EPOCH, "test", null));
        contents.put(name, content);
    }

    LayerId seal(byte[] content, List<LayerId> below) throws IOException {
        int pageCount = (int) Pages.count(content.length);
        UnsafeBuffer pages = Buffers.alignedDirect(pageCount * Pages.PAGE_SIZE);
        pages.putBytes(0, content);
        try (FileLocks.Lock writing = store.lockForWriting();
                Chain parent = store.openChain(below, content.length);
                LayerWriter writer = LayerWriter.create(space, store.layout().layers(), content.length, parent)) {
            writer.writePages(0, pageCount, pages, 0);
            return writer.seal();
        }
    }

    /** An overlay that says nothing yet. */
    void overlay(String export) throws IOException, InterruptedException {
        ExportName name = ExportName.parse(export);
        ImageManifest image = store.image(name.image());
        Workers workers = new Workers(1);
        try {
            OverlayMeta meta = new OverlayMeta(UUID.randomUUID(), name.image().name(), name.image().tag(),
                    image.chain().stream().map(LayerId::hex).toList(), image.size(), name.client().orElseThrow(), 1);
            CountDownLatch closed = new CountDownLatch(1);
            Path directory = store.layout().overlay(name);
            space.createDirectories(directory);
            for (Path path = directory; !path.equals(ROOT); path = path.getParent()) {
                space.syncDirectory(path.getParent());
            }
            Overlay overlay = Overlay.openPersistent(space, directory, meta, workers, new ClosedOverlays());
            overlay.attach(Runnable::run);
            overlay.close(closed::countDown);
            closed.await();
        } finally {
            workers.close();
        }
        contents.put(export, contents.get(name.image().toString()));
    }

    /** Everything reads as it must. */
    void check(String what) throws IOException {
        for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
            assertThat(Arrays.equals(read(entry.getKey()), entry.getValue())).as("%s: %s", what, entry.getKey())
                    .isTrue();
        }
    }

    byte[] read(String name) throws IOException {
        if (name.contains("@")) {
            OverlayMeta meta = store.overlayMeta(ExportName.parse(name)).orElseThrow();
            return StoreContents.chain(store, LayerId.list(meta.layerIds()), (int) meta.size());
        }
        return StoreContents.image(store, ImageName.parse(name));
    }

    List<LayerId> chain(String image) throws IOException {
        return store.image(ImageName.parse(image)).chain();
    }

    int blobCount() throws IOException {
        return space.list(store.layout().blobs()).size();
    }
}
