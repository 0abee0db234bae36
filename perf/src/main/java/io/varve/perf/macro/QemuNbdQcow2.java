package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code qemu-nbd} on a qcow2 overlay over the raw file, with its default cache (writeback). The overlay is made anew
 * after each run with fresh pages, and filled before the next one that overwrites.
 *
 * <p>Owned by the main thread.
 */
final class QemuNbdQcow2 extends ProcessServer {
    static final String NAME = "qemu-nbd qcow2";
    private static final int CLIENT_LIMIT = 16;
    private static final long CREATE_LIMIT_SECONDS = 60;

    private boolean filled;

    QemuNbdQcow2(Workbench bench) {
        super(bench, NAME);
    }

    @Override
    List<Tool> tools() {
        return List.of(Tool.QEMU_NBD, Tool.QEMU_IMG);
    }

    @Override
    void prepare() throws IOException, InterruptedException {
        Files.deleteIfExists(overlay());
        filled = false;
        bench.commands().run(List.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                bench.rawFile().toString(), overlay().toString()), CREATE_LIMIT_SECONDS);
    }

    @Override
    List<String> command() {
        return List.of("qemu-nbd", "--format=qcow2", "--cache=writeback", "--persistent", "--shared=" + CLIENT_LIMIT,
                "--socket=" + socket(), overlay().toString());
    }

    @Override
    boolean serves(Workload workload) {
        return true;
    }

    @Override
    void before(Workload workload, Fio fio) throws IOException, InterruptedException {
        if (workload.pages() == Workload.Pages.PRESENT && !filled) {
            fio.pass(uri(Workloads.SEQUENTIAL_WRITE), Workloads.SEQUENTIAL_WRITE);
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
        return bench.path("overlay.qcow2");
    }
}
