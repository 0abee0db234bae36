package io.varve.daemon.layer;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.PageContent;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;

/** Seals and reads layers for tests. */
final class TestLayers {

    static final Path LAYERS = Path.of("/store/layers");
    static final Path TMP = LAYERS.resolveSibling("tmp");

    private TestLayers() {}

    /** A simulated disk with the directories of a store, durable. */
    static SimFileSpace store() throws IOException {
        SimFileSpace space = new SimFileSpace();
        for (String name : List.of("layers", "blobs", "tmp")) {
            space.createDirectories(LAYERS.resolveSibling(name));
        }
        space.syncDirectory(Path.of("/"));
        space.syncDirectory(LAYERS.getParent());
        return space;
    }

    /** Gives every page to the writer, in pieces of random length. */
    static LayerId seal(FileSpace space, Path layersDirectory, TestDisk disk, Chain parent, Random random)
            throws IOException {
        try (LayerWriter writer = LayerWriter.create(space, layersDirectory, disk.size, parent)) {
            writeAll(writer, disk, random);
            return writer.seal();
        }
    }

    static void writeAll(LayerWriter writer, TestDisk disk, Random random) throws IOException {
        for (long page = writer.nextPage(); page < disk.pageCount(); ) {
            int count = (int) Math.min(1 + random.nextInt(50), disk.pageCount() - page);
            int index = (int) Pages.offset(page);
            if (count == 1 && PageContent.isZero(disk.bytes, index) && random.nextBoolean()) {
                writer.writeZeros(page, 1);
            } else {
                writer.writePages(page, count, disk.bytes, index);
            }
            page += count;
        }
    }

    static Chain open(FileSpace space, Path layersDirectory, TestDisk disk, LayerId... layers) throws IOException {
        return Chain.open(space, layersDirectory, List.of(layers), disk.size);
    }

    /** The whole disk, or what the chain throws. */
    static byte[] readAll(Chain chain) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect((int) chain.size());
        chain.read(0, buffer, 0, (int) chain.size());
        byte[] content = new byte[(int) chain.size()];
        buffer.getBytes(0, content);
        return content;
    }

    static byte[] fileContent(FileSpace space, Path path) throws IOException {
        try (var file = space.open(path, FileSpace.OpenMode.READ)) {
            UnsafeBuffer buffer = Buffers.alignedDirect((int) file.size());
            file.read(0, buffer, 0, buffer.capacity());
            byte[] content = new byte[buffer.capacity()];
            buffer.getBytes(0, content);
            return content;
        }
    }
}
