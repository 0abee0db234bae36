package io.varve.perf.macro;

import io.varve.perf.macro.Workload.Access;
import io.varve.perf.macro.Workload.Pages;
import java.util.List;

/**
 * The workloads of a comparison, in the order in which they run and are printed.
 *
 * <p>Immutable.
 */
final class Workloads {
    private static final int KIB = 1024;

    static final Workload READ_QD1 =
            new Workload("4K random read QD1", Access.RANDOM_READ, 4 * KIB, 1, Pages.FROM_LAYER);
    static final Workload READ_QD32 =
            new Workload("4K random read QD32", Access.RANDOM_READ, 4 * KIB, 32, Pages.FROM_LAYER);
    static final Workload WRITE_QD32 =
            new Workload("4K random write QD32", Access.RANDOM_WRITE, 4 * KIB, 32, Pages.PRESENT);
    static final Workload SEQUENTIAL_READ =
            new Workload("128K sequential read QD16", Access.SEQUENTIAL_READ, 128 * KIB, 16, Pages.FROM_LAYER);
    static final Workload SEQUENTIAL_WRITE =
            new Workload("128K sequential write QD16", Access.SEQUENTIAL_WRITE, 128 * KIB, 16, Pages.PRESENT);
    static final Workload FRESH_WRITE_QD32 =
            new Workload("4K random write QD32, fresh pages", Access.RANDOM_WRITE, 4 * KIB, 32, Pages.FRESH);

    static final List<Workload> ALL =
            List.of(READ_QD1, READ_QD32, WRITE_QD32, SEQUENTIAL_READ, SEQUENTIAL_WRITE, FRESH_WRITE_QD32);

    private static final int FLUSH_EVERY = 32;

    static final Workload FLUSHED_FRESH = flushed("QD1, fresh", 1, Pages.FRESH);
    static final Workload FLUSHED_FRESH_QD32 = flushed("QD32, fresh", 32, Pages.FRESH);
    static final Workload FLUSHED_PRESENT = flushed("QD1, present", 1, Pages.PRESENT);

    /** What a data base does: some writes, then all of them on the disk. */
    static final List<Workload> FLUSHED = List.of(FLUSHED_FRESH, FLUSHED_FRESH_QD32, FLUSHED_PRESENT);

    private static Workload flushed(String what, int depth, Pages pages) {
        String name = "4K write, fsync=" + FLUSH_EVERY + ", " + what;
        return new Workload(name, Access.RANDOM_WRITE, 4 * KIB, depth, pages, FLUSH_EVERY);
    }

    private Workloads() {
    }
}
