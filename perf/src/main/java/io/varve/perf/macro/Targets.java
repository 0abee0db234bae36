package io.varve.perf.macro;

import static io.varve.perf.macro.Contender.NBDKIT_FILE;
import static io.varve.perf.macro.Contender.QEMU_QCOW2;
import static io.varve.perf.macro.Contender.QEMU_RAW;

import java.util.List;

/**
 * The bars of the comparison.
 *
 * <p>Immutable.
 */
final class Targets {
    static final List<Target> ALL = List.of(
            Target.atLeast(1.35, Workloads.READ_QD1, Metric.IOPS, NBDKIT_FILE),
            Target.atMost(1.00, Workloads.READ_QD1, Metric.P99_US, NBDKIT_FILE),
            Target.atLeast(2.20, Workloads.READ_QD32, Metric.IOPS, NBDKIT_FILE),
            Target.atLeast(3.50, Workloads.READ_QD32, Metric.IOPS, QEMU_RAW),
            Target.atMost(0.55, Workloads.READ_QD32, Metric.SERVER_CPU_US, NBDKIT_FILE),
            Target.atLeast(1.50, Workloads.WRITE_QD32, Metric.IOPS, NBDKIT_FILE),
            Target.atLeast(3.00, Workloads.WRITE_QD32, Metric.IOPS, QEMU_QCOW2),
            Target.atLeast(3.00, Workloads.FRESH_WRITE_QD32, Metric.IOPS, QEMU_QCOW2),
            Target.atLeast(1.30, Workloads.SEQUENTIAL_READ, Metric.IOPS, NBDKIT_FILE),
            Target.atLeast(1.10, Workloads.SEQUENTIAL_WRITE, Metric.IOPS, NBDKIT_FILE),
            Target.atLeast(0.95, Workloads.CHAIN_64, Metric.IOPS, Workloads.READ_QD32),
            Target.atLeast(12.0, Workloads.CHAIN_64, Metric.IOPS, QEMU_QCOW2),
            Target.atLeast(1.00, Workloads.COLD_READ, Metric.IOPS, NBDKIT_FILE),
            Target.atLeast(1.50, Workloads.FLUSHED_FRESH, Metric.IOPS, QEMU_QCOW2),
            Target.atLeast(1.50, Workloads.FLUSHED_FRESH_QD32, Metric.IOPS, QEMU_QCOW2),
            Target.atLeast(1.50, Workloads.FLUSHED_PRESENT, Metric.IOPS, QEMU_QCOW2));

    /** Import: at least half the speed of {@code qemu-img convert -O raw}. */
    static final double IMPORT_SPEED = 0.50;
    /** Import: the highest heap in use, in bytes, stays below this. */
    static final long IMPORT_HEAP_BYTES = 256L << 20;

    /** Recovery: from the connection to the first byte, in milliseconds, after the daemon was killed. */
    static final int RECOVERY_MS = 200;

    private Targets() {
    }

    /** Whether a bar asks for what the server makes of the workload. */
    static boolean need(Contender contender, Workload workload) {
        return ALL.stream().anyMatch(target -> target.workload().equals(workload) && contender == Contender.VARVE
                || target.other().equals(workload) && target.peer().equals(contender.title));
    }
}
