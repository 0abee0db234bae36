package io.varve.perf.macro;

import io.varve.perf.macro.Place.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code nbdkit} with its own defaults.
 *
 * <p>Owned by the main thread.
 */
final class Nbdkit extends ProcessServer {

    private static final String DISK = "disk";
    private static final String NEIGHBOUR = "neighbour";

    private final List<String> plugin;
    private final boolean inMemory;

    private Nbdkit(Workbench bench, Contender contender, Place place, List<String> plugin) {
        super(bench, contender, place);
        this.plugin = plugin;
        this.inMemory = contender == Contender.NBDKIT_MEMORY;
    }

    /** The file plugin on the raw file. */
    static Nbdkit file(Workbench bench, Place place) {
        return new Nbdkit(bench, Contender.NBDKIT_FILE, place, List.of("file", bench.rawFile().toString()));
    }

    /** The memory plugin with a disk of the same size, filled once: it keeps no zeros. */
    static Nbdkit memory(Workbench bench, Place place) {
        return new Nbdkit(bench, Contender.NBDKIT_MEMORY, place,
                List.of("memory", "size=" + bench.size(), "allocator=malloc"));
    }

    /** The file plugin on a directory, in which each file is an export. */
    static Nbdkit directory(Workbench bench) {
        return new Nbdkit(bench, Contender.NBDKIT_FILE, Place.USUAL, List.of("file", "dir=" + directoryPath(bench)));
    }

    private static Path directoryPath(Workbench bench) {
        return bench.path("exports");
    }

    @Override
    void prepare() throws IOException {
        if (isDirectory() && !Files.exists(directoryPath(bench))) {
            Files.createDirectory(directoryPath(bench));
            Files.createLink(directoryPath(bench).resolve(DISK), bench.rawFile());
        }
    }

    private boolean isDirectory() {
        return plugin.contains("dir=" + directoryPath(bench));
    }

    @Override
    String export(Workload workload) {
        return isDirectory() ? DISK : "";
    }

    @Override
    void addNeighbour(Path file, Fio fio) throws IOException {
        Files.createLink(directoryPath(bench).resolve(NEIGHBOUR), file);
    }

    @Override
    String neighbour() {
        return NEIGHBOUR;
    }

    @Override
    List<String> command() {
        List<String> command = new ArrayList<>(List.of("nbdkit", "--foreground"));
        command.addAll(place().transport() == Transport.UNIX
                ? List.of("--unix", socket().toString())
                : List.of("--ipaddr", "127.0.0.1", "--port", Integer.toString(port())));
        command.addAll(plugin);
        return command;
    }

    @Override
    void fill(Fio fio) throws IOException, InterruptedException {
        if (inMemory) {
            fio.pass(uri("", place().transport()), Workloads.SEQUENTIAL_WRITE);
        }
    }
}
