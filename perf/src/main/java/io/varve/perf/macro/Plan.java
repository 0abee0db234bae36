package io.varve.perf.macro;

import java.util.List;

/**
 * What a comparison runs, and for how long.
 *
 * <p>Immutable.
 *
 * @param rounds        counted ones
 * @param seconds       of a counted run
 * @param warmUpSeconds of a workload with a server that compiles as it runs
 * @param scope         of both lists
 */
record Plan(List<Workload> workloads, List<Contender> contenders, int rounds, int seconds, int warmUpSeconds,
            Scope scope) {

    enum Scope {
        /** All that means something, and the runs that only count. */
        FULL,
        /** What the bars need. */
        BARS
    }

    boolean runs(Contender contender, Workload workload) {
        return contender.serves(workload) && (isFull() || Targets.need(contender, workload));
    }

    boolean isFull() {
        return scope == Scope.FULL;
    }
}
