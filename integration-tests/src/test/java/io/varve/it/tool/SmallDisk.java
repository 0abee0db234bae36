package io.varve.it.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system that fills up quickly. Mounting one needs root, as the test command does.
 *
 * <p>Owned by the test that mounted it, which closes it.
 */
public final class SmallDisk implements AutoCloseable {

    private final Path path;

    private SmallDisk(Path path) {
        this.path = path;
    }

    public static SmallDisk mount(Path path, long size) throws IOException {
        Files.createDirectory(path);
        Tool.run("mount", "-t", "tmpfs", "-o", "size=" + size, "none", path);
        return new SmallDisk(path);
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        Tool.run("umount", path);
    }
}
