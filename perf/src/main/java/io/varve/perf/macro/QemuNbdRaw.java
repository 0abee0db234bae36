package io.varve.perf.macro;

import java.util.List;

/**
 * {@code qemu-nbd -f raw} on the raw file, with its default cache (writeback) and default aio (threads), kept alive
 * from one client to the next.
 *
 * <p>Owned by the main thread.
 */
final class QemuNbdRaw extends ProcessServer {
    static final String NAME = "qemu-nbd raw";
    private static final int CLIENT_LIMIT = 16;

    QemuNbdRaw(Workbench bench) {
        super(bench, NAME);
    }

    @Override
    List<Tool> tools() {
        return List.of(Tool.QEMU_NBD);
    }

    @Override
    List<String> command() {
        return List.of("qemu-nbd", "--format=raw", "--persistent", "--shared=" + CLIENT_LIMIT,
                "--socket=" + socket(), bench.rawFile().toString());
    }
}
