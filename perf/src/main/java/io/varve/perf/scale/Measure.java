package io.varve.perf.scale;

/**
 * What is measured at each step of a sweep.
 *
 * <p>Design note: the JVM compiles when it likes, into memory that counts, and a daemon that was just started still
 * does; so the noise of memory is some MiB, which is little beside what a step adds that grows as it must not.
 *
 * <p>Immutable.
 */
enum Measure {
    HELD("memory held", "MiB", 8),
    RESIDENT("resident", "MiB", 8),
    HEAP_LIVE("of it: Java objects", "MiB", 3),
    DIRECT("of it: direct buffers", "MiB", 0.5),
    JVM("of it: the JVM itself", "MiB", 10),
    PAGE_TABLES("page tables", "MiB", 0.1),
    DESCRIPTORS("descriptors", "", 2),
    THREADS("threads", "", 2),
    IDLE_CPU("CPU, idle", "ms/s", 2),
    CPU_PER_READ("CPU per read, few", "us", 40),
    READ_P50("read p50, few", "us", 40),
    READ_P99("read p99, few", "us", 2_000),
    OPEN_P50("open p50", "ms", 10),
    OPEN_FIRST("open, first", "ms", 200),
    DEEP_CPU("CPU per read, QD32", "us", 1),
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
