package io.varve.daemon.store;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import io.varve.nbd.export.Export;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/** A small store with images and overlays, for tests that damage it. Pages 10 to 19 of every disk are zero. */
final class ScrubbedStore implements AutoCloseable {

    static final int PAGE = 4096;
    static final int PAGE_COUNT = 60;
    static final int SIZE = PAGE_COUNT * PAGE;

    final Store store;
    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(1);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private final TestAgent agent = new TestAgent();
    private StoreDirectory directory;

    ScrubbedStore(Path root) throws IOException {
        store = Store.openOrCreate(new NativeFileSpace(), root);
        serve();
    }

    private void serve() {
        directory = new StoreDirectory(store, List.of(), OverlayPolicy.of(OverlayMode.PERSISTENT), boots, workers,
                counters);
    }

    static byte[] disk(long seed) {
        byte[] content = new byte[SIZE];
        new Random(seed).nextBytes(content);
        Arrays.fill(content, 10 * PAGE, 20 * PAGE, (byte) 0);
        return content;
    }

    LayerId seal(byte[] content, LayerId... below) throws IOException {
        UnsafeBuffer pages = Buffers.alignedDirect(content.length);
        pages.putBytes(0, content);
        try (FileLocks.Lock writing = store.lockForWriting();
                Chain parent = below.length == 0 ? null : store.openChain(List.of(below), SIZE);
                LayerWriter writer = LayerWriter.create(
                        store.space(), store.layout().layers(), content.length, parent)) {
            writer.writePages(0, content.length / PAGE, pages, 0);
            return writer.seal();
        }
    }

    ImageName publish(String image, LayerId... chain) throws IOException {
        ImageName name = ImageName.parse(image);
        store.publish(name, new ImageManifest(SIZE, List.of(chain), Instant.EPOCH, "test", null));
        return name;
    }

    byte[] content(LayerId... chain) throws IOException {
        try (Chain open = store.openChain(List.of(chain), SIZE)) {
            UnsafeBuffer buffer = Buffers.alignedDirect(SIZE);
            open.read(0, buffer, 0, SIZE);
            byte[] content = new byte[SIZE];
            buffer.getBytes(0, content);
            return content;
        }
    }

    Export open(String name) throws Exception {
        Export export = directory.open(name);
        agent.attach(export);
        return export;
    }

    void write(Export export, int page, int pageCount) throws Exception {
        byte[] content = new byte[pageCount * PAGE];
        Arrays.fill(content, (byte) 7);
        agent.write(export, (long) page * PAGE, content);
    }

    void flush(Export export) throws Exception {
        agent.flush(export);
    }

    /** Closes the disk and waits until its overlay is closed too. */
    void close(Export export) throws Exception {
        agent.close(export);
        directory.close();
        serve();
    }

    /** An overlay of a few pages, closed in order. */
    Path overlay(String name) throws Exception {
        Export export = open(name);
        write(export, 3, 4);
        flush(export);
        write(export, 30, 2);
        close(export);
        return store.layout().overlay(ExportName.parse(name));
    }

    Path map(LayerId layer) throws IOException {
        return LayerFiles.map(store.layout().layers(), store.layer(layer).mapId());
    }

    /** @param file {@code pages}, {@code crc} or {@code chunks} */
    Path blob(LayerId layer, String file) throws IOException {
        return LayerFiles.blob(store.layout().layers(), store.layer(layer).blobs().get(0).id()).resolve(file);
    }

    StoreScrub.Result scrub() throws IOException {
        StoreScrub scrub = new StoreScrub(store, (done, total) -> {});
        scrub.addEverything();
        return scrub.run();
    }

    static void flip(Path file, int position) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[position] ^= 4;
        Files.write(file, content);
    }

    /** Every file with its bytes and its times, but without the locks, which only say who was there. */
    Map<String, String> everything() throws IOException {
        try (Stream<Path> files = Files.walk(store.layout().root())) {
            Map<String, String> all = new TreeMap<>();
            files.filter(Files::isRegularFile).forEach(file -> all.put(file.toString(), describe(file)));
            return all;
        }
    }

    private static String describe(Path file) {
        try {
            return Files.getLastModifiedTime(file) + " " + Arrays.hashCode(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        boots.close();
        workers.close();
        agent.close();
    }
}
