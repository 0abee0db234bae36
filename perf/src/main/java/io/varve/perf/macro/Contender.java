package io.varve.perf.macro;

import io.varve.perf.macro.Workload.Pages;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The servers of a comparison: Varve, its peers, and the limit.
 *
 * <p>Immutable.
 */
enum Contender {
    VARVE("varve", List.of()) {
        @Override
        boolean serves(Workload workload) {
            return true;
        }

        @Override
        Place place(Workload workload) {
            return Place.USUAL;
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new Varve(bench, "", Arrays.stream(Workloads.CHAINS).boxed().toList());
        }
    },
    NBDKIT_FILE("nbdkit file", List.of(Tool.NBDKIT)) {
        @Override
        boolean serves(Workload workload) {
            return isPlain(workload);
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return Nbdkit.file(bench, place);
        }
    },
    /** The disk in the server's own memory: what the protocol costs. */
    NBDKIT_MEMORY("nbdkit memory", List.of(Tool.NBDKIT)) {
        @Override
        boolean serves(Workload workload) {
            return isPlain(workload) && !workload.isCold();
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return Nbdkit.memory(bench, place);
        }
    },
    QEMU_RAW("qemu-nbd raw", List.of(Tool.QEMU_NBD)) {
        @Override
        boolean serves(Workload workload) {
            return isPlain(workload);
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new QemuNbdRaw(bench, place);
        }
    },
    QEMU_QCOW2("qemu-nbd qcow2", List.of(Tool.QEMU_NBD, Tool.QEMU_IMG, Tool.QEMU_IO)) {
        @Override
        boolean serves(Workload workload) {
            return true;
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new QemuNbdQcow2(bench, place);
        }
    },
    NBD_SERVER("nbd-server", List.of(Tool.NBD_SERVER)) {
        @Override
        boolean serves(Workload workload) {
            return isPlain(workload);
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new NbdServer(bench, place);
        }
    },
    LIMIT("limit", List.of(Tool.CC)) {
        @Override
        boolean serves(Workload workload) {
            return isPlain(workload) && !workload.isCold() && workload.load().flushEvery() == 0
                    && workload.load().blockLength() <= Limit.MAX_BLOCK_LENGTH;
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new Limit(bench, place);
        }
    };

    /** As in the reports. */
    final String title;
    final List<Tool> tools;

    Contender(String title, List<Tool> tools) {
        this.title = title;
        this.tools = tools;
    }

    /** @param title spaces may be left out or be hyphens */
    static Contender named(String title) throws PerfException {
        return Arrays.stream(values())
                .filter(contender -> plain(contender.title).equals(plain(title)))
                .findFirst()
                .orElseThrow(() -> new PerfException("no such server: " + title + "; there are "
                        + Arrays.stream(values()).map(each -> each.title).collect(Collectors.joining(", "))));
    }

    private static String plain(String title) {
        return title.replaceAll("[ -]", "");
    }

    /** Whether the workload means something here, and something else than another one that is run anyway. */
    abstract boolean serves(Workload workload);

    /** A server for what the place asks. */
    abstract ProcessServer open(Workbench bench, Place place);

    /** Which of its servers serves the workload. */
    Place place(Workload workload) {
        return workload.place();
    }

    /** For servers that know neither layers nor overlays. */
    private static boolean isPlain(Workload workload) {
        return workload.pages() != Pages.FRESH && workload.place().layers() == 1;
    }
}
