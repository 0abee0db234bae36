package io.varve.daemon.boot;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down the boots of all clients, {@value #MAX_LOGS} at a time, and has a worker keep each when it is over.
 *
 * <p>Design note: memory is reserved when a disk is opened, and taken as reads are written down; a place among those
 * that are written down is only needed from the first read on, so that clients that are attached and idle take none.
 *
 * <p>Thread-safe because the set of logs is, and each log belongs to one disk.
 */
public final class BootLogs implements AutoCloseable {

    /** Boots that are written down at a time; each takes half a MiB at most. */
    static final int MAX_LOGS = 256;

    private static final Logger LOGGER = LoggerFactory.getLogger(BootLogs.class);
    private static final long IDLE_CHECK_MS = 1000;

    private final Executor storing;
    private final BootEngine.DelayTimer timer;
    private final LongSupplier nanoClock;
    private final Counters counters;
    private final AtomicInteger admitted = new AtomicInteger();
    private final Set<BootLog> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean checking = new AtomicBoolean();

    /** @param storing runs what is done when a boot is over */
    BootLogs(Executor storing, BootEngine.DelayTimer timer, LongSupplier nanoClock, Counters counters) {
        this.storing = storing;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.counters = counters;
    }

    /**
     * The same tracker, and what it sees is written down.
     *
     * @param pageCount of the disk
     */
    public BootTracker follow(BootTracker tracker, long pageCount, BootLogSlot slot) {
        if (pageCount > 1L << BootLog.PAGE_BITS) {
            return tracker;
        }
        final boolean replayed = tracker.activity() == BootTracker.Activity.REPLAYING;
        try {
            final BootLog log = new BootLog(
                    tracker, this::admit, over -> onFinished(over, tracker, replayed, pageCount, slot));
            open.add(log);
            checkSoon();
            return new LoggedTracker(tracker, log);
        } catch (final UncheckedIOException ex) {
            onFailure(slot, ex.getCause());
            return tracker;
        }
    }

    private boolean admit() {
        if (admitted.incrementAndGet() <= MAX_LOGS) {
            return true;
        }
        admitted.decrementAndGet();
        return false;
    }

    private void checkSoon() {
        if (checking.compareAndSet(false, true)) {
            timer.after(IDLE_CHECK_MS, this::checkIdle);
        }
    }

    private void checkIdle() {
        checking.set(false);
        final long nowNs = nanoClock.getAsLong();
        open.removeIf(log -> log.finishIfIdle(nowNs));
        if (!open.isEmpty()) {
            checkSoon();
        }
    }

    private void onFinished(BootLog log, BootTracker tracker, boolean replayed, long pageCount, BootLogSlot slot) {
        try {
            storing.execute(() -> store(log, tracker, replayed, pageCount, slot));
        } catch (final RejectedExecutionException ex) {
            release(log); // the daemon stops
        }
    }

    private void store(BootLog log, BootTracker tracker, boolean replayed, long pageCount, BootLogSlot slot) {
        try {
            if (log.isBoot()) {
                final BootCounters quality = tracker.counters();
                slot.keep(new LoggedBoot(slot.client(), log.start(), pageCount, replayed,
                        new BootCounters(quality.prefetched(), quality.used(), 0, quality.late(), quality.missed()),
                        slot.layers(), log.reads(slot.layerOfBlob())));
            }
        } catch (final IOException ex) {
            onFailure(slot, ex);
        } finally {
            release(log);
        }
    }

    private void release(BootLog log) {
        open.remove(log);
        if (log.wasAdmitted()) {
            admitted.decrementAndGet();
        }
        log.release();
    }

    private void onFailure(BootLogSlot slot, Throwable cause) {
        counters.get(Counter.BOOT_FAILURES).increment();
        LOGGER.warn("what a boot of {} read is not kept for 'varve boot explain': {}", slot.imageName(),
                cause.getMessage());
    }

    /** No boot ends by being idle any more. */
    @Override
    public void close() {
        timer.close();
    }
}
