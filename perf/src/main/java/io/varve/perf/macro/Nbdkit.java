package io.varve.perf.macro;

import io.varve.perf.macro.Place.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code nbdkit} with its own defaults.
 *
 * <p>Owned by the main thread.
 */
final class Nbdkit extends ProcessServer {

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
