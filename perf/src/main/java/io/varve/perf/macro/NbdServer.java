package io.varve.perf.macro;

import io.varve.perf.macro.Place.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code nbd-server} on the raw file, with its own defaults: a process for each client.
 *
 * <p>Owned by the main thread.
 */
final class NbdServer extends ProcessServer {

    private static final String EXPORT = "disk";

    NbdServer(Workbench bench, Place place) {
        super(bench, Contender.NBD_SERVER, place);
    }

    @Override
    void prepare() throws IOException {
        List<String> address = place().transport() == Transport.UNIX
                ? List.of("unixsock = " + socket(), "listenaddr = 127.0.0.1", "port = " + port())
                : List.of("listenaddr = 127.0.0.1", "port = " + port());
        Files.writeString(bench.path(fileName() + ".conf"), """
                [generic]
                %s
                [%s]
                exportname = %s
                flush = true
                """.formatted(String.join("\n", address), EXPORT, bench.rawFile()));
    }

    @Override
    List<String> command() {
        return List.of("nbd-server", "-C", bench.path(fileName() + ".conf").toString(), "-p", pidFile().toString());
    }

    private Path pidFile() {
        return bench.path(fileName() + ".pid");
    }

    /** It forks once, into the background, and again for each client: without that, it serves one client and ends. */
    @Override
    ProcessHandle process() throws IOException {
        String pid = Files.readString(pidFile()).strip();
        return ProcessHandle.of(Long.parseLong(pid))
                .orElseThrow(() -> new PerfException(name() + " with process id " + pid + " ended"));
    }

    @Override
    public void close() throws InterruptedException {
        super.close();
        try {
            bench.commands().stop(process());
        } catch (IOException gone) {
            return;
        }
    }

    @Override
    String export(Workload workload) {
        return EXPORT;
    }
}
