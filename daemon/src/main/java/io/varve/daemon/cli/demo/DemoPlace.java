package io.varve.daemon.cli.demo;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.store.StoreLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory for one demonstration, gone when it is closed.
 *
 * <p>Thread-safe because it keeps only a path.
 */
public final class DemoPlace implements AutoCloseable {

    private final Path root;

    private DemoPlace(Path root) {
        this.root = root;
    }

    public static DemoPlace create() throws IOException {
        return new DemoPlace(Files.createTempDirectory("varve-demo-"));
    }

    public Path root() {
        return root;
    }

    public Path store() {
        return root.resolve("store");
    }

    public Path socket() {
        return root.resolve("nbd.sock");
    }

    /** Makes the next read of the image come from the disk, where the file system has one. */
    public void forgetPageCache() throws IOException {
        FileSpace space = new NativeFileSpace();
        for (Path blob : space.list(new StoreLayout(store()).blobs())) {
            try (BlockFile pages = space.open(blob.resolve("pages"), FileSpace.OpenMode.READ)) {
                pages.advise(BlockFile.Advice.DONT_NEED, 0, pages.size());
            }
        }
    }

    /** Whatever is left of it is deleted. */
    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
