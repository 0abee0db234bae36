package io.varve.perf.macro;

import java.util.List;

/**
 * The bars of the comparison.
 *
 * <p>Immutable.
 */
final class Targets {
    static final List<Target> ALL = List.of(
            new Target(Workloads.READ_QD1, NbdkitFile.NAME, Metric.IOPS, 1.20),
            new Target(Workloads.READ_QD32, NbdkitFile.NAME, Metric.IOPS, 1.80),
            new Target(Workloads.READ_QD32, QemuNbdRaw.NAME, Metric.IOPS, 3.00),
            new Target(Workloads.WRITE_QD32, NbdkitFile.NAME, Metric.IOPS, 1.00),
            new Target(Workloads.SEQUENTIAL_READ, NbdkitFile.NAME, Metric.IOPS, 0.90),
            new Target(Workloads.FLUSHED_FRESH, QemuNbdQcow2.NAME, Metric.IOPS, 1.50),
            new Target(Workloads.FLUSHED_FRESH_QD32, QemuNbdQcow2.NAME, Metric.IOPS, 1.50),
            new Target(Workloads.FLUSHED_PRESENT, QemuNbdQcow2.NAME, Metric.IOPS, 1.50));

    /** Import: at least half the speed of {@code qemu-img convert -O raw}. */
    static final double IMPORT_SPEED = 0.50;
    /** Import: the highest heap in use, in bytes, stays below this. */
    static final long IMPORT_HEAP_BYTES = 256L << 20;

    /** Recovery: from the connection to the first byte, in milliseconds, after the daemon was killed. */
    static final int RECOVERY_MS = 200;

    private Targets() {
    }
}
