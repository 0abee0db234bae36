package io.varve.daemon.boot;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what a newly opened disk does about its boot: replay what was learned, and record the boot if no other boot
 * of the image is being recorded. So of a room that is switched on one client is recorded, and the memory of recorders
 * is bounded by that of {@value #MAX_RECORDERS}.
 *
 * <p>Thread-safe because the table of recorders is concurrent and everything else belongs to one disk.
 */
public final class BootEngine implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(BootEngine.class);
    private static final long IDLE_CHECK_MS = 1000;
    /** 64 TiB; what remembers the pages of a larger disk is not worth its memory. */
    private static final long MAX_DISK_PAGES = 1L << 34;
    /** Each takes at most 3.5 MiB, and what a boot touched of it. */
    static final int MAX_RECORDERS = 64;

    /** By image. */
    private final Map<String, Admission> recorders = new ConcurrentHashMap<>();
    private final Lessons lessons = new Lessons();
    private final PackJobs packs;
    private final Waves waves;
    private final BootLogs logs;
    private final Executor storing;
    private final DelayTimer timer;
    private final LongSupplier nanoClock;
    private final Counters counters;

    /**
     * Of a client that is recorded.
     *
     * @param sinceNs of the clock
     */
    private record Admission(Recorder recorder, long sinceNs) {

        /** Whether it is attached for longer than any boot takes, and has not booted: another one may. */
        boolean isInVain(long nowNs) {
            return nowNs - sinceNs > BootClock.MAX_BOOT_NS && recorder.isWaiting(nowNs);
        }
    }

    /** When a recording is looked at next. */
    interface DelayTimer extends AutoCloseable {
        void after(long delayMs, Runnable task);

        @Override
        void close();
    }

    /**
     * @param background runs steps of reading ahead of what has no threads of its own: one at a time, and only while
     *                   no client waits
     * @param storing    runs what is done when a recording or a replay is over
     */
    public BootEngine(Executor background, Executor storing, Counters counters) {
        this(background, storing, new ThreadDelayTimer(), System::nanoTime, counters);
    }

    BootEngine(Executor background, Executor storing, DelayTimer timer, LongSupplier nanoClock, Counters counters) {
        this.packs = new PackJobs(background, counters);
        this.waves = new Waves(background, timer, packs, counters);
        this.storing = storing;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.counters = counters;
        this.logs = new BootLogs(storing, new ThreadDelayTimer(), nanoClock, counters);
    }

    /** Where boots are written down read by read, for people. */
    public BootLogs logs() {
        return logs;
    }

    /** Whether the pages that boots read are kept a second time, in one file that is read faster. By default, yes. */
    public void keepPacks(boolean keep) {
        packs.turnOff(!keep);
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
        final Recorder recorder = record(slot, pageCount);
        final Replayer replayer = replay(slot, pageCount, loader, recorder != null);
        if (recorder == null) {
            return replayer == null ? BootTracker.NONE : replayer;
        }
        return replayer == null ? recorder : new RecordedReplay(recorder, replayer);
    }

    /** @return null if the boot is not recorded */
    private Recorder record(SequenceSlot slot, long pageCount) {
        final long nowNs = nanoClock.getAsLong();
        final Admission other = recorders.get(slot.imageName());
        if (other != null && !other.isInVain(nowNs) || other == null && recorders.size() >= MAX_RECORDERS) {
            return null;
        }
        final Recorder recorder;
        try {
            recorder = new Recorder(pageCount, over -> onRecorded(slot, pageCount, over));
        } catch (final UncheckedIOException ex) {
            // A boot without help is slow; a client without a disk does not boot.
            onFailure("boot of {} is not recorded: {}", slot, ex.getCause());
            return null;
        }
        final Admission admission = new Admission(recorder, nowNs);
        final boolean admitted = other == null
                ? recorders.putIfAbsent(slot.imageName(), admission) == null
                : recorders.replace(slot.imageName(), other, admission);
        if (!admitted) {
            recorder.discard();
            return null;
        }
        if (other != null) {
            other.recorder.giveUp();
        }
        timer.after(IDLE_CHECK_MS, () -> checkIdle(recorder));
        return recorder;
    }

    /** @return null if the boot is not read ahead */
    private Replayer replay(SequenceSlot slot, long pageCount, PageLoader loader, boolean mayInherit) {
        final Optional<Profile> known = load(slot, pageCount, mayInherit);
        if (known.isEmpty()) {
            return null;
        }
        final Wave wave = waves.join(slot, known.get());
        try {
            final Replayer replayer = new Replayer(
                    wave.variants(), wave.memory(), pageCount, loader, over -> onReplayOver(slot, wave, over));
            counters.get(Counter.BOOT_REPLAYS).increment();
            replayer.start();
            return replayer;
        } catch (final UncheckedIOException ex) {
            waves.leave(wave);
            onFailure("boot of {} is not read ahead: {}", slot, ex.getCause());
            return null;
        }
    }

    private Optional<Profile> load(SequenceSlot slot, long pageCount, boolean mayInherit) {
        try {
            Optional<Profile> known = slot.load();
            if (known.isEmpty() && mayInherit) {
                known = slot.inherit();
                known.ifPresent(profile -> LOGGER.info("boot of {} begins with {}", slot.imageName(), profile));
            }
            if (known.isPresent() && known.get().diskPageCount() != pageCount) {
                throw new IOException(known.get() + " is of a disk of " + known.get().diskPageCount() + " pages, not "
                        + pageCount);
            }
            return known;
        } catch (final IOException ex) {
            onFailure("what was learned of the boot of {} cannot be used, learning it anew: {}", slot, ex);
            return Optional.empty();
        }
    }

    private void onFailure(String what, SequenceSlot slot, Throwable cause) {
        counters.get(Counter.BOOT_FAILURES).increment();
        LOGGER.warn(what, slot.imageName(), cause.getMessage());
    }

    private void checkIdle(Recorder recorder) {
        if (!recorder.finishIfIdle(nanoClock.getAsLong())) {
            timer.after(IDLE_CHECK_MS, () -> checkIdle(recorder));
        }
    }

    private void onRecorded(SequenceSlot slot, long pageCount, Recorder recorder) {
        try {
            storing.execute(() -> learn(slot, pageCount, recorder));
        } catch (final RejectedExecutionException ex) {
            forget(slot, recorder); // the daemon stops
            recorder.release();
        }
    }

    private void forget(SequenceSlot slot, Recorder recorder) {
        recorders.computeIfPresent(slot.imageName(), (image, held) -> held.recorder == recorder ? null : held);
    }

    private void learn(SequenceSlot slot, long pageCount, Recorder recorder) {
        try {
            final Optional<Sequence> boot = recorder.sequence();
            if (boot.isPresent()) {
                slot.update(known -> learn(slot, pageCount, known, boot.get()));
                final Optional<Profile> known = slot.load();
                known.ifPresent(profile -> packs.consider(slot, profile));
            }
        } catch (final IOException ex) {
            counters.get(Counter.BOOT_FAILURES).increment();
            LOGGER.warn("boot of {} was learned but cannot be kept", slot.imageName(), ex);
        } finally {
            recorder.release();
            forget(slot, recorder);
        }
    }

    private Optional<Profile> learn(SequenceSlot slot, long pageCount, Optional<Profile> known, Sequence boot) {
        final Lessons.Outcome outcome = lessons.of(
                slot.imageName(), known.filter(profile -> profile.diskPageCount() == pageCount), boot, pageCount);
        final Profile.Lesson lesson = outcome.lesson();
        if (lesson.news() == Profile.News.NOTHING) {
            counters.get(Counter.BOOT_CONFIRMATIONS).increment();
            LOGGER.debug("boot of {} was known: {}", slot.imageName(), lesson.quality());
        } else {
            counters.get(Counter.BOOT_RECORDINGS).increment();
            LOGGER.info("learned a boot of {}: {}, {}", slot.imageName(), lesson.news().text(), lesson.profile());
        }
        return outcome.profile();
    }

    /** On the agent, which has no time for sums and logs. */
    private void onReplayOver(SequenceSlot slot, Wave wave, Replayer replayer) {
        try {
            storing.execute(() -> conclude(slot, wave, replayer));
        } catch (final RejectedExecutionException ex) {
            replayer.release(); // the daemon stops
            waves.leave(wave);
        }
    }

    private void conclude(SequenceSlot slot, Wave wave, Replayer replayer) {
        final BootCounters boot = replayer.counters();
        replayer.release();
        counters.get(Counter.BOOT_PREFETCHED).getAndAdd(wave.takeLoadedPages());
        counters.get(Counter.BOOT_USED).getAndAdd(boot.used());
        counters.get(Counter.BOOT_LATE).getAndAdd(boot.late());
        counters.get(Counter.BOOT_MISSED).getAndAdd(boot.missed());
        counters.get(Counter.BOOT_WASTED).getAndAdd(boot.wasted());
        if (replayer.poor()) {
            counters.get(Counter.BOOT_REPLAYS_STOPPED).increment();
            LOGGER.info("replay of {} given up, too little of {} was used: {}", slot.imageName(), wave.profile(), boot);
        }
        final IOException failure = wave.takeFailure();
        if (failure != null) {
            counters.get(Counter.BOOT_FAILURES).increment();
            LOGGER.warn("replay of {} ended early", slot.imageName(), failure);
        }
        waves.leave(wave);
    }

    /** No recording finishes by being idle any more; those of open disks finish when their clients leave. */
    @Override
    public void close() {
        waves.close();
        timer.close();
        logs.close();
    }
}
