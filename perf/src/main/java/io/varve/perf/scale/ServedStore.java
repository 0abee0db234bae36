package io.varve.perf.scale;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.perf.macro.Commands;
import io.varve.perf.macro.Waiting;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A store, filled by the product's own writers, and the daemon that serves it.
 *
 * <p>Owned by the main thread; layers are made by any thread.
 */
final class ServedStore implements AutoCloseable {
    private static final int PIECE_PAGES = 16;
    /** No chain is merged, and nothing is verified at a rate of its own, while something else is measured. */
    private static final List<String> SERVE_OPTIONS = List.of("--max-layers", "1000", "--scrub-rate", "0",
            "--copy-rate", "0");

    private final Commands commands;
    private final String varve;
    private final Path directory;
    private final Path socket;
    private final Store store;
    private Commands.Started daemon;

    ServedStore(Workbench bench, String name) throws IOException {
        this.commands = bench.commands();
        this.varve = bench.varve();
        this.directory = bench.path(name);
        this.socket = bench.path(name + ".sock");
        this.store = Store.openOrCreate(new NativeFileSpace(), directory);
    }

    /**
     * Where the data of a sparse layer is: pieces of 64 KiB, at equal distances. Immutable.
     *
     * @param size       bytes of the disk
     * @param pieceCount at least 1
     */
    record Scattered(long size, int pieceCount) {

        long pieceOffset(int piece) {
            return size / pieceCount / Pages.PAGE_SIZE * Pages.PAGE_SIZE * piece;
        }

        /** Offsets of pages with data, all over the disk in an order without a pattern. */
        long page(int count) {
            int place = (int) (count * 0x9e3779b97f4a7c15L >>> 33) % (pieceCount * PIECE_PAGES);
            return pieceOffset(place / PIECE_PAGES) + Pages.offset(place % PIECE_PAGES);
        }
    }

    /** Makes a layer on nothing. @param seed layers of different seeds have different bytes */
    LayerId layer(Scattered data, long seed) throws IOException {
        try (LayerWriter writer = writer(data.size, null)) {
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < data.pieceCount; i++) {
                write(writer, data.pieceOffset(i), PIECE_PAGES, random);
            }
            return writer.seal();
        }
    }

    /** Makes a layer on others, with single pages all over the disk, others in each layer. */
    LayerId patch(long size, int pageCount, List<LayerId> below) throws IOException {
        SplittableRandom random = new SplittableRandom(below.size());
        long distance = Pages.count(size) / pageCount;
        try (Chain parent = store.openChain(below, size); LayerWriter writer = writer(size, parent)) {
            for (int i = 0; i < pageCount; i++) {
                write(writer, Pages.offset(distance * i + random.nextLong(distance)), 1, random);
            }
            return writer.seal();
        }
    }

    private LayerWriter writer(long size, Chain parentOrNull) throws IOException {
        return LayerWriter.create(new NativeFileSpace(), store.layout().layers(), size, parentOrNull);
    }

    private static void write(LayerWriter writer, long offset, int pageCount, SplittableRandom random)
            throws IOException {
        byte[] bytes = new byte[pageCount * Pages.PAGE_SIZE];
        random.nextBytes(bytes);
        UnsafeBuffer piece = Buffers.alignedDirect(bytes.length);
        piece.putBytes(0, bytes);
        writer.writePages(Pages.index(offset), pageCount, piece, 0);
    }

    void publish(String image, long size, List<LayerId> chain) throws IOException {
        store.publish(ImageName.parse(image), new ImageManifest(size, chain, Instant.now(), "scale", null));
    }

    Path socket() {
        return socket;
    }

    String uri(String export) {
        return "nbd+unix:///" + export + "?socket=" + socket;
    }

    Probe start() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(varve, "--store", directory.toString(), "serve", "--listen",
                "unix://" + socket));
        command.addAll(SERVE_OPTIONS);
        daemon = commands.start(command, Map.of("VARVE_JAVA_OPTS", Probe.JVM_OPTION));
        Waiting.until(() -> Files.exists(socket) && Waiting.listens(socket), daemon, "the daemon does not listen");
        return new Probe(commands, daemon.process().pid());
    }

    void stop() throws InterruptedException {
        if (daemon != null) {
            commands.stop(daemon.process());
            daemon = null;
        }
    }

    @Override
    public void close() throws InterruptedException {
        stop();
    }
}
