package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When a boot begins and when it is over: with the first read, and 120 s later, after 10 s without a read, with a burst
 * of reads, or after more reads than any boot has. A few reads and then silence are no boot but somebody who looked at
 * the disk (a probe of partitions, a boot menu), so the clock begins again with the next read.
 *
 * <p>Design note: who reads a hundred thousand times in a second, a copy or a benchmark, should not pay for a boot that
 * it is not, and what it reads should not be read ahead of others. What boots thinks between reads, so that the pace
 * tells them apart. It is measured over half a second because a boot, too, has moments in which it only reads, and
 * again every few reads because a burst may follow a boot at any read. A burst that comes within half a second of a
 * boot takes the last moments of it along: the first reads of a burst are often slow, and rubbish that is read ahead
 * costs every client more than the end of one boot. The number of reads is bounded for who is just slower than that.
 *
 * <p>Owned by the agent of the disk; what {@link #idle} reads is published by it.
 */
final class BootClock {

    static final long MAX_BOOT_NS = TimeUnit.SECONDS.toNanos(120);
    static final long IDLE_NS = TimeUnit.SECONDS.toNanos(10);
    /** Fewer pages than this (2 MiB) are no boot. */
    static final long MIN_BOOT_PAGES = 2 << (20 - Pages.PAGE_SHIFT);

    /**
     * So many reads within less than {@link #BURST_NS} are no boot: more than 16,000 a second. A read that layers
     * answer by turns counts once for each run.
     */
    static final int BURST_READS = 8 << 10;
    static final long BURST_NS = TimeUnit.MILLISECONDS.toNanos(500);
    /** A burst is looked for every so many reads; fewer of its reads than this are taken for reads of the boot. */
    static final int STEP_READS = 256;

    /** 512 MiB in single pages; a system that boots reads less, in fewer and longer reads. */
    static final int MAX_BOOT_READS = 128 << 10;

    private boolean started;
    private long startNs;
    private int readCount;
    /** When the last steps of {@link #STEP_READS} reads began, round and round. */
    private final long[] stepNs = new long[BURST_READS / STEP_READS];
    private int burstUs = Integer.MAX_VALUE;
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
            stepNs[0] = nowNs;
            readCount = 1;
            lastReadNs.lazySet(nowNs);
            return Phase.BEGINS;
        }
        if ((readCount & (STEP_READS - 1)) == 0 && isBehindBurst(nowNs)) {
            return Phase.OVER;
        }
        readCount++;
        if (idleNs > IDLE_NS || nowNs - startNs > MAX_BOOT_NS || readCount > MAX_BOOT_READS) {
            return Phase.OVER;
        }
        lastReadNs.lazySet(nowNs);
        return Phase.GOES_ON;
    }

    /** For the first read of a step. */
    private boolean isBehindBurst(long nowNs) {
        final int step = readCount / STEP_READS % stepNs.length;
        final long beforeNs = stepNs[step];
        stepNs[step] = nowNs;
        if (readCount < BURST_READS || nowNs - beforeNs >= BURST_NS) {
            return false;
        }
        burstUs = elapsedUs(beforeNs);
        return true;
    }

    /**
     * Where the boot ended with a burst, microseconds from its first read to the first of the burst: what was read then
     * or later is not of the boot. Otherwise {@link Integer#MAX_VALUE}.
     */
    int burstUs() {
        return burstUs;
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
