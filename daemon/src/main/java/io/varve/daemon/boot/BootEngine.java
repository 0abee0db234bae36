package io.varve.daemon.boot;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what a newly opened disk does about its boot: replay what was learned, or learn it if nobody else does.
 *
 * <p>Thread-safe because the set of recordings is concurrent and everything else belongs to one disk.
 */
public final class BootEngine implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(BootEngine.class);
    private static final long IDLE_CHECK_MS = 1000;
    /** 64 TiB; what remembers the pages of a larger disk is not worth its memory. */
    private static final long MAX_DISK_PAGES = 1L << 34;

    private final Set<String> recordedImages = ConcurrentHashMap.newKeySet();
    private final Executor background;
    private final Executor storing;
    private final DelayTimer timer;
    private final LongSupplier nanoClock;
    private final Counters counters;

    /** When a recording is looked at next. */
    interface DelayTimer extends AutoCloseable {
        void after(long delayMs, Runnable task);

        @Override
        void close();
    }

    /**
     * @param background runs steps of reading ahead: one at a time, and only while no client waits
     * @param storing    runs what is done when a recording or a replay is over
     */
    public BootEngine(Executor background, Executor storing, Counters counters) {
        this(background, storing, new ThreadDelayTimer(), System::nanoTime, counters);
    }

    BootEngine(Executor background, Executor storing, DelayTimer timer, LongSupplier nanoClock, Counters counters) {
        this.background = background;
        this.storing = storing;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.counters = counters;
    }

    /**
     * Called by workers when a disk is opened; a replay begins at once.
     *
     * @param pageCount of the disk
     * @param loader    of its chain; not called after {@link BootTracker#close} returned, but for a call under way
     */
    public BootTracker open(SequenceSlot slot, long pageCount, PageLoader loader) {
        if (pageCount > MAX_DISK_PAGES) {
            return BootTracker.NONE;
        }
        final Optional<Sequence> sequence = load(slot, pageCount);
        if (sequence.isEmpty() && !recordedImages.add(slot.imageName())) {
            return BootTracker.NONE;
        }
        try {
            return sequence.isPresent() ? replay(slot, sequence.get(), pageCount, loader) : record(slot, pageCount);
        } catch (final UncheckedIOException ex) {
            // A boot without help is slow; a client without a disk does not boot.
            if (sequence.isEmpty()) {
                recordedImages.remove(slot.imageName());
            }
            counters.get(Counter.BOOT_FAILURES).increment();
            LOGGER.warn("boot of {} is neither learned nor helped: {}", slot.imageName(), ex.getCause().getMessage());
            return BootTracker.NONE;
        }
    }

    private BootTracker replay(SequenceSlot slot, Sequence sequence, long pageCount, PageLoader loader) {
        final Replayer replayer =
                new Replayer(sequence, pageCount, loader, background, over -> onReplayOver(slot, over));
        counters.get(Counter.BOOT_REPLAYS).increment();
        replayer.start();
        return replayer;
    }

    private BootTracker record(SequenceSlot slot, long pageCount) {
        final Recorder recorder = new Recorder(pageCount, finished -> recordingIsFinished(slot, finished));
        timer.after(IDLE_CHECK_MS, () -> checkIdle(recorder));
        return recorder;
    }

    private Optional<Sequence> load(SequenceSlot slot, long pageCount) {
        try {
            final Optional<Sequence> sequence = slot.load();
            if (sequence.isPresent() && sequence.get().endPage() > pageCount) {
                throw new IOException(sequence.get() + " ends at page " + sequence.get().endPage()
                        + " of a disk of " + pageCount);
            }
            return sequence.filter(learned -> learned.entryCount() > 0);
        } catch (final IOException ex) {
            counters.get(Counter.BOOT_FAILURES).increment();
            LOGGER.warn("boot sequence of {} cannot be used, learning it anew: {}", slot.imageName(), ex.getMessage());
            return Optional.empty();
        }
    }

    private void checkIdle(Recorder recorder) {
        if (!recorder.finishIfIdle(nanoClock.getAsLong())) {
            timer.after(IDLE_CHECK_MS, () -> checkIdle(recorder));
        }
    }

    private void recordingIsFinished(SequenceSlot slot, Recorder recorder) {
        try {
            storing.execute(() -> store(slot, recorder));
        } catch (final RejectedExecutionException ex) {
            recordedImages.remove(slot.imageName()); // the daemon stops
            recorder.release();
        }
    }

    private void store(SequenceSlot slot, Recorder recorder) {
        try {
            final Optional<Sequence> sequence = recorder.sequence();
            if (sequence.isPresent()) {
                slot.store(sequence.get());
                counters.get(Counter.BOOT_RECORDINGS).increment();
                LOGGER.info("learned the boot of {}: {}", slot.imageName(), sequence.get());
            }
        } catch (final IOException ex) {
            counters.get(Counter.BOOT_FAILURES).increment();
            LOGGER.warn("boot of {} was learned but cannot be kept", slot.imageName(), ex);
        } finally {
            recorder.release();
            recordedImages.remove(slot.imageName());
        }
    }

    /** On the agent, which has no time for sums and logs. */
    private void onReplayOver(SequenceSlot slot, Replayer replayer) {
        try {
            storing.execute(() -> conclude(slot, replayer));
        } catch (final RejectedExecutionException ex) {
            replayer.release(); // the daemon stops
        }
    }

    private void conclude(SequenceSlot slot, Replayer replayer) {
        replayer.release();
        final BootCounters boot = replayer.counters();
        counters.get(Counter.BOOT_PREFETCHED).getAndAdd(boot.prefetched());
        counters.get(Counter.BOOT_USED).getAndAdd(boot.used());
        counters.get(Counter.BOOT_LATE).getAndAdd(boot.late());
        counters.get(Counter.BOOT_MISSED).getAndAdd(boot.missed());
        counters.get(Counter.BOOT_WASTED).getAndAdd(boot.wasted());
        if (replayer.poor()) {
            counters.get(Counter.BOOT_REPLAYS_STOPPED).increment();
            LOGGER.info("replay of {} given up, too little of it was used: {}", slot.imageName(), boot);
        }
        if (replayer.failure() != null) {
            counters.get(Counter.BOOT_FAILURES).increment();
            LOGGER.warn("replay of {} ended early", slot.imageName(), replayer.failure());
        }
    }

    /** No recording finishes by being idle any more; those of open disks finish when their clients leave. */
    @Override
    public void close() {
        timer.close();
    }
}
