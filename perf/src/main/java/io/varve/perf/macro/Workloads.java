package io.varve.perf.macro;

import io.varve.perf.macro.Load.Access;
import java.util.ArrayList;
import java.util.List;

/**
 * The workloads of a comparison, in the order in which they run and are printed.
 *
 * <p>Immutable.
 */
public final class Workloads {
    private static final int PAGE = 4 << 10;
    private static final int CHUNK = 128 << 10;
    private static final int LARGE = 1 << 20;
    private static final int FLUSH_EVERY = 32;
    /** Depths of the curves. */
    static final int[] DEPTHS = {1, 8, 32, 128};
    /** Lengths of the chains. */
    static final int[] CHAINS = {8, 64};

    static final Workload READ_QD1 = randomRead(1);
    public static final Workload READ_QD32 = randomRead(32);
    static final Workload WRITE_QD32 = randomWrite(32);
    static final Workload FRESH_WRITE_QD32 =
            Workload.of("4K random write QD32, fresh pages", Access.RANDOM_WRITE, PAGE, 32).fresh();
    static final Workload MIXED = Workload.of("4K random 70 % read QD32", Access.MIXED, PAGE, 32);
    public static final Workload SEQUENTIAL_READ =
            Workload.of("128K sequential read QD16", Access.SEQUENTIAL_READ, CHUNK, 16);
    static final Workload SEQUENTIAL_WRITE =
            Workload.of("128K sequential write QD16", Access.SEQUENTIAL_WRITE, CHUNK, 16);
    static final Workload READ_CONNECTIONS =
            Workload.of("4K random read QD32, 4 connections", Access.RANDOM_READ, PAGE, 32).connections(4);
    static final Workload TCP_READ_QD1 = Workload.of("4K random read QD1, TCP", Access.RANDOM_READ, PAGE, 1).overTcp();
    static final Workload TCP_READ_QD32 =
            Workload.of("4K random read QD32, TCP", Access.RANDOM_READ, PAGE, 32).overTcp();
    static final Workload CHAIN_64 = chain(64);
    static final Workload COLD_READ =
            Workload.of("4K random read QD32, cold", Access.RANDOM_READ, PAGE, 32).cold();
    static final Workload FLUSHED_FRESH = flushed("QD1, fresh", 1).fresh();
    static final Workload FLUSHED_FRESH_QD32 = flushed("QD32, fresh", 32).fresh();
    static final Workload FLUSHED_PRESENT = flushed("QD1, present", 1);

    static final List<Workload> ALL = all();

    /** Those that have bars; of the flushed ones, one. */
    static final List<Workload> QUICK = List.of(READ_QD1, READ_QD32, WRITE_QD32, FRESH_WRITE_QD32, SEQUENTIAL_READ,
            SEQUENTIAL_WRITE, CHAIN_64, COLD_READ, FLUSHED_FRESH);

    private Workloads() {
    }

    static Workload randomRead(int depth) {
        return Workload.of("4K random read QD" + depth, Access.RANDOM_READ, PAGE, depth);
    }

    static Workload randomWrite(int depth) {
        return Workload.of("4K random write QD" + depth, Access.RANDOM_WRITE, PAGE, depth);
    }

    static Workload chain(int layers) {
        return Workload.of("4K random read QD32, " + layers + " layers", Access.RANDOM_READ, PAGE, 32).layers(layers);
    }

    private static List<Workload> all() {
        List<Workload> all = new ArrayList<>();
        for (int depth : DEPTHS) {
            all.add(randomRead(depth));
        }
        for (int depth : DEPTHS) {
            all.add(randomWrite(depth));
        }
        all.add(FRESH_WRITE_QD32);
        all.add(MIXED);
        all.add(SEQUENTIAL_READ);
        all.add(SEQUENTIAL_WRITE);
        all.add(Workload.of("1M sequential read QD4", Access.SEQUENTIAL_READ, LARGE, 4));
        all.add(Workload.of("1M sequential write QD4", Access.SEQUENTIAL_WRITE, LARGE, 4));
        all.add(READ_CONNECTIONS);
        all.addAll(List.of(TCP_READ_QD1, TCP_READ_QD32));
        all.add(Workload.of("128K sequential read QD16, TCP", Access.SEQUENTIAL_READ, CHUNK, 16).overTcp());
        for (int layers : CHAINS) {
            all.add(chain(layers));
        }
        all.add(COLD_READ);
        all.addAll(List.of(FLUSHED_FRESH, FLUSHED_FRESH_QD32, FLUSHED_PRESENT));
        return List.copyOf(all);
    }

    /** What a data base does: some writes, then all of them on the disk. */
    private static Workload flushed(String what, int depth) {
        String name = "4K write, fsync=" + FLUSH_EVERY + ", " + what;
        return Workload.of(name, Access.RANDOM_WRITE, PAGE, depth).flushEvery(FLUSH_EVERY);
    }
}
