package io.varve.perf.macro;

import io.varve.perf.macro.Load.Access;
import io.varve.perf.macro.Place.Transport;
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
        boolean compilesAsItRuns() {
            return true;
        }

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
            return new Varve(bench, "");
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

        @Override
        ProcessServer openForTwo(Workbench bench) {
            return Nbdkit.directory(bench);
        }
    },
    /** The disk in the server's own memory: what the protocol costs. */
    NBDKIT_MEMORY("nbdkit memory", List.of(Tool.NBDKIT)) {
        @Override
        boolean serves(Workload workload) {
            return isReadOfPages(workload) || isOneOf(workload, Workloads.WRITE_QD32, Workloads.SEQUENTIAL_READ,
                    Workloads.READ_CONNECTIONS);
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return Nbdkit.memory(bench, place);
        }
    },
    QEMU_RAW("qemu-nbd raw", List.of(Tool.QEMU_NBD)) {
        @Override
        boolean serves(Workload workload) {
            return isPlain(workload) && workload.load().blockLength() <= Limit.MAX_BLOCK_LENGTH
                    && workload.load().flushEvery() == 0
                    && (workload.place().transport() == Transport.UNIX || workload.equals(Workloads.TCP_READ_QD32));
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new QemuNbdRaw(bench, place);
        }
    },
    QEMU_QCOW2("qemu-nbd qcow2", List.of(Tool.QEMU_NBD, Tool.QEMU_IMG, Tool.QEMU_IO)) {
        @Override
        boolean serves(Workload workload) {
            return workload.load().access() == Access.RANDOM_WRITE || workload.place().layers() > 1
                    || isOneOf(workload, Workloads.READ_QD1, Workloads.READ_QD32, Workloads.MIXED,
                            Workloads.SEQUENTIAL_WRITE);
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new QemuNbdQcow2(bench, place);
        }
    },
    NBD_SERVER("nbd-server", List.of(Tool.NBD_SERVER)) {
        @Override
        boolean serves(Workload workload) {
            return isOneOf(workload, Workloads.READ_QD1, Workloads.READ_QD32, Workloads.WRITE_QD32,
                    Workloads.SEQUENTIAL_READ, Workloads.SEQUENTIAL_WRITE, Workloads.READ_CONNECTIONS,
                    Workloads.TCP_READ_QD32, Workloads.COLD_READ);
        }

        @Override
        ProcessServer open(Workbench bench, Place place) {
            return new NbdServer(bench, place);
        }
    },
    LIMIT("limit", List.of(Tool.CC)) {
        @Override
        boolean serves(Workload workload) {
            return isReadOfPages(workload) || isOneOf(workload, Workloads.WRITE_QD32, Workloads.SEQUENTIAL_READ,
                    Workloads.SEQUENTIAL_WRITE, Workloads.READ_CONNECTIONS, Workloads.TCP_READ_QD1,
                    Workloads.TCP_READ_QD32);
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

    /** Whether it is slower at first, and is to be counted only at the end. */
    boolean compilesAsItRuns() {
        return false;
    }

    /** A server for what the place asks. */
    abstract ProcessServer open(Workbench bench, Place place);

    /** A server that can have a second disk beside the usual one. */
    ProcessServer openForTwo(Workbench bench) {
        return open(bench, Place.USUAL);
    }

    /** Which of its servers serves the workload. */
    Place place(Workload workload) {
        return workload.place();
    }

    private static boolean isOneOf(Workload workload, Workload... some) {
        return List.of(some).contains(workload);
    }

    /** The curve of the depths. */
    private static boolean isReadOfPages(Workload workload) {
        return Arrays.stream(Workloads.DEPTHS).anyMatch(depth -> Workloads.randomRead(depth).equals(workload));
    }

    /** For servers that know neither layers nor overlays. */
    private static boolean isPlain(Workload workload) {
        return workload.pages() != Pages.FRESH && workload.place().layers() == 1;
    }
}
