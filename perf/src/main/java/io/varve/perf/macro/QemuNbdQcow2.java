package io.varve.perf.macro;

import io.varve.perf.macro.Place.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code qemu-nbd} on a qcow2 overlay over the raw file, or over a chain of qcow2 files, with its default cache
 * (writeback), kept alive from one client to the next. The overlay is made anew
 * after each run with fresh pages, and filled before the next one that overwrites.
 *
 * <p>Owned by the main thread.
 */
final class QemuNbdQcow2 extends ProcessServer {
    private static final int CLIENT_LIMIT = 16;

    private boolean filled;

    QemuNbdQcow2(Workbench bench, Place place) {
        super(bench, Contender.QEMU_QCOW2, place);
    }

    @Override
    void prepare() throws IOException, InterruptedException {
        Files.deleteIfExists(overlay());
        filled = false;
        QcowChain.create(bench, overlay(), new QcowChain(bench).top(place().layers()));
    }

    @Override
    List<String> command() {
        List<String> command = new ArrayList<>(common("qcow2"));
        command.addAll(address(this));
        command.add(overlay().toString());
        return command;
    }

    static List<String> common(String format) {
        return List.of("qemu-nbd", "--format=" + format, "--cache=writeback", "--persistent",
                "--shared=" + CLIENT_LIMIT);
    }

    static List<String> address(ProcessServer server) {
        return server.place().transport() == Transport.UNIX
                ? List.of("--socket=" + server.socket())
                : List.of("--bind=127.0.0.1", "--port=" + server.port());
    }

    @Override
    void before(Workload workload, Fio fio) throws IOException, InterruptedException {
        if (workload.pages() == Workload.Pages.PRESENT && !filled) {
            fio.pass(uri("", place().transport()), Workloads.SEQUENTIAL_WRITE);
            bench.settle();
            filled = true;
        }
        if (workload.pages() == Workload.Pages.FRESH && filled) {
            restart();
        }
    }

    @Override
    void after(Workload workload) throws IOException, InterruptedException {
        if (workload.pages() == Workload.Pages.FRESH) {
            restart();
        }
    }

    private void restart() throws IOException, InterruptedException {
        close();
        prepare();
        start();
    }

    private Path overlay() {
        return bench.path(fileName() + ".qcow2");
    }
}
