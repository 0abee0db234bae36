package io.varve.perf.macro;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code qemu-nbd -f raw} on the raw file, with its default cache (writeback) and default aio (threads), kept alive
 * from one client to the next.
 *
 * <p>Owned by the main thread.
 */
final class QemuNbdRaw extends ProcessServer {

    QemuNbdRaw(Workbench bench, Place place) {
        super(bench, Contender.QEMU_RAW, place);
    }

    @Override
    List<String> command() {
        List<String> command = new ArrayList<>(QemuNbdQcow2.common("raw"));
        command.addAll(QemuNbdQcow2.address(this));
        command.add(bench.rawFile().toString());
        return command;
    }
}
