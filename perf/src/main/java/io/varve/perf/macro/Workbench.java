package io.varve.perf.macro;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The place of a run: one temporary directory with the raw file, sockets, stores and logs, and the processes that work
 * in it. Closing ends the processes and removes the directory.
 *
 * <p>Owned by the main thread, except that closing may come from the shutdown hook, after which nothing is used.
 */
public final class Workbench implements AutoCloseable {
    private static final int FILL_LENGTH = 1 << 20;
    private static final long FILL_SEED = 0x5eed;
    private static final long SYNC_LIMIT_SECONDS = 300;

    private static final int CLEAR_ATTEMPTS = 100;
    private static final long CLEAR_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Path home;
    private final Path directory;
    private final Commands commands;
    private final long size;
    private final Thread hook = new Thread(this::clear, "perf-clear");

    /**
     * @param home   the root of the source tree, where {@code daemon/bin/varve} is
     * @param parent a directory on the file system to measure; short, for a socket's path has at most 107 bytes
     * @param size   bytes of the raw file
     */
    public Workbench(Path home, Path parent, long size, PrintStream out, boolean verbose)
            throws IOException {
        this.home = home;
        this.size = size;
        this.directory = Files.createTempDirectory(parent, "varve-perf-");
        Path logs = Files.createDirectory(directory.resolve("logs"));
        this.commands = new Commands(out, verbose, logs);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Those of the run. */
    public Commands commands() {
        return commands;
    }

    /** Where a file of the run lies. */
    public Path path(String name) {
        return directory.resolve(name);
    }

    Path rawFile() {
        return path("disk.raw");
    }

    long size() {
        return size;
    }

    /** Makes the raw file: random data, so that no server can answer zeros without reading. */
    void makeRawFile() throws IOException {
        makeFile(rawFile(), FILL_SEED);
    }

    /** Makes a file of the same size with random data; files of one seed have the same. */
    void makeFile(Path file, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] piece = new byte[FILL_LENGTH];
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long position = 0; position < size; position += FILL_LENGTH) {
                random.nextBytes(piece);
                ByteBuffer rest = ByteBuffer.wrap(piece, 0, (int) Math.min(FILL_LENGTH, size - position));
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
            }
            channel.force(true);
        }
    }

    /** The launcher of the product. */
    public String varve() {
        return home.resolve("daemon/bin/varve").toString();
    }

    /** The path of a C source of this module. */
    String source(String name) {
        return home.resolve("perf/src/main/c").resolve(name).toString();
    }

    /** Waits until the dirty pages of the file system are written, so that they burden nobody's counted run. */
    void settle() throws IOException, InterruptedException {
        commands.run(List.of("sync", "-f", directory.toString()), SYNC_LIMIT_SECONDS);
    }

    /** Takes what the page cache has of the files of the run out of it, but for what is dirty or mapped. */
    void forgetPages() throws IOException, InterruptedException {
        settle();
        FileSpace space = new NativeFileSpace();
        for (Path file : files()) {
            try (BlockFile cached = space.open(file, FileSpace.OpenMode.READ)) {
                cached.advise(BlockFile.Advice.DONT_NEED, 0, cached.size());
            }
        }
    }

    /** All files of the run, of the servers' stores too. */
    List<Path> files() throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            return tree.filter(Files::isRegularFile).toList();
        }
    }

    void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        clear();
    }

    /** When the user interrupts, the main thread may still make a file or two. */
    private void clear() {
        commands.close();
        for (int attempt = 1; Files.exists(directory); attempt++) {
            try {
                delete(directory);
            } catch (IOException e) {
                if (attempt == CLEAR_ATTEMPTS) {
                    throw new UncheckedIOException(e);
                }
                LockSupport.parkNanos(CLEAR_PAUSE_NS);
            }
        }
    }
}
