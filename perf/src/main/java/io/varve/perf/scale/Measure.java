package io.varve.perf.scale;

/**
 * What is measured at each step of a sweep.
 *
 * <p>Immutable.
 */
enum Measure {
    HELD("memory held", "MiB", 0.5),
    RESIDENT("resident", "MiB", 4),
    HEAP_LIVE("of it: Java objects", "MiB", 0.1),
    DIRECT("of it: direct buffers", "MiB", 0.1),
    JVM("of it: the JVM itself", "MiB", 1),
    PAGE_TABLES("page tables", "MiB", 0.1),
    DESCRIPTORS("descriptors", "", 2),
    THREADS("threads", "", 2),
    IDLE_CPU("CPU, idle", "ms/s", 2),
    CPU_PER_READ("CPU per read, few", "us", 10),
    READ_P50("read p50, few", "us", 20),
    READ_P99("read p99, few", "us", 200),
    OPEN_P50("open p50", "ms", 1),
    OPEN_FIRST("open, first", "ms", 2),
    DEEP_CPU("CPU per read, QD32", "us", 0.5),
    DEEP_P50("read p50, QD32", "us", 20),
    DEEP_IOPS("reads per second, QD32", "", 5_000);

    final String title;
    final String unit;
    /** What two measurements of the same differ by, in the unit. */
    final double noise;

    Measure(String title, String unit, double noise) {
        this.title = title;
        this.unit = unit;
        this.noise = noise;
    }
}
