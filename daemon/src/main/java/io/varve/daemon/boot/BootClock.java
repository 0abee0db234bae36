package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When a boot begins and when it is over: with the first read, and 120 s later, after 10 s without a read, or after
 * more reads than any boot has. A few reads and then silence are no boot but somebody who looked at the disk (a probe
 * of partitions, a boot menu), so the clock begins again with the next read.
 *
 * <p>Design note: the number of reads is bounded because who reads a hundred thousand times in a second, a copy or a
 * benchmark, should not pay for two minutes for a boot that it is not.
 *
 * <p>Owned by the agent of the disk; what {@link #idle} reads is published by it.
 */
final class BootClock {

    static final long MAX_BOOT_NS = TimeUnit.SECONDS.toNanos(120);
    static final long IDLE_NS = TimeUnit.SECONDS.toNanos(10);
    /** Fewer pages than this (2 MiB) are no boot. */
    static final long MIN_BOOT_PAGES = 2 << (20 - Pages.PAGE_SHIFT);

    /** 512 MiB in single pages; a system that boots reads less, in fewer and longer reads. */
    static final int MAX_BOOT_READS = 128 << 10;

    private boolean started;
    private long startNs;
    private int readCount;
    private final AtomicLong lastReadNs = new AtomicLong();

    /** What a read means for the boot. */
    enum Phase {
        /** The boot begins with this read, and what was seen before it was none. */
        BEGINS,
        GOES_ON,
        OVER
    }

    /** @param pages seen since the boot began */
    Phase onRead(long nowNs, long pages) {
        final long idleNs = nowNs - lastReadNs.getPlain();
        if (!started || (pages < MIN_BOOT_PAGES && idleNs > IDLE_NS)) {
            started = true;
            startNs = nowNs;
            readCount = 1;
            lastReadNs.lazySet(nowNs);
            return Phase.BEGINS;
        }
        readCount++;
        if (idleNs > IDLE_NS || nowNs - startNs > MAX_BOOT_NS || readCount > MAX_BOOT_READS) {
            return Phase.OVER;
        }
        lastReadNs.lazySet(nowNs);
        return Phase.GOES_ON;
    }

    /** A read waits, or was answered that had waited: a client that waits is not idle. */
    void onWait(long nowNs) {
        lastReadNs.lazySet(nowNs);
    }

    /** Microseconds from the first read of the boot; fits an int because a boot is over after 120 s. */
    int elapsedUs(long nowNs) {
        return (int) TimeUnit.NANOSECONDS.toMicros(nowNs - startNs);
    }

    /** Whether the last read is long ago. Any thread may ask, once there was a read. */
    boolean idle(long nowNs) {
        return nowNs - lastReadNs.getAcquire() > IDLE_NS;
    }
}
