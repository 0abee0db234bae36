package io.varve.daemon.store;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the whole store again and again, slowly, while it is served, so that damage is known before a client meets
 * it. What is found is logged once, and kept until a pass no longer finds it.
 *
 * <p>Design note: a thread of its own and not a task of the workers, because a pass takes hours and mostly waits;
 * among the workers it would hold up what is read ahead for a boot.
 *
 * <p>Design note: on by default, at {@link #DEFAULT_RATE}, because a store that nobody verifies rots in silence, and
 * this rate is about one percent of what a spinning disk, and half a percent of what a processor, can do: one seek and
 * one MiB a second. A store of 100 GiB is read in 29 hours. A daemon first has {@link #FIRST_DELAY_NS} for the boots
 * that come with its start, and a small store is read once a day and not all the time. Data that is in the page cache
 * is checked there: that its sectors went bad is found once they are read from the disk again.
 *
 * <p>Thread-safe because its state is behind its own lock, which is never held while something is read.
 */
public final class BackgroundScrub implements AutoCloseable {

    /** Bytes per second. */
    public static final long DEFAULT_RATE = 1 << 20;

    /** Between the start of the daemon and that of the first pass. */
    static final long FIRST_DELAY_NS = TimeUnit.MINUTES.toNanos(10);
    /** At least, from the start of a pass to the start of the next one. */
    static final long PERIOD_NS = TimeUnit.HOURS.toNanos(24);

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundScrub.class);
    /** Bytes that are read between two waits. */
    private static final int PIECE_LENGTH = 1 << 20;

    private final Store store;
    private final long rate;
    private final Time time;
    private final Thread thread = new Thread(this::run, "varve-scrub");
    private final Set<String> logged = new LinkedHashSet<>();
    private long dueNs;
    private long countedLength;

    private boolean running;
    private long doneLength;
    private long totalLength;
    private int passCount;
    private Instant lastEnd;
    private List<Finding> findings = List.of();

    /** The clock, and waiting by it; a test has its own. Owned by the thread that scrubs. */
    interface Time {
        long nowNs();

        /** @return false if it is time to end */
        boolean await(long delayNs);

        /** Makes {@link #await} return false, now and from now on. Any thread may call it. */
        void end();
    }

    /**
     * How far it is, and what is known.
     *
     * @param rate        bytes per second
     * @param running     whether a pass is under way
     * @param doneLength  bytes of this pass so far; 0 between two passes
     * @param totalLength bytes of this pass; 0 between two passes
     * @param passCount   passes that were finished since the daemon was started
     * @param lastEnd     of the last pass; null before the first
     * @param findings    of this pass so far and of the last one
     */
    public record Status(long rate, boolean running, long doneLength, long totalLength, int passCount, Instant lastEnd,
            List<Finding> findings) {}

    BackgroundScrub(Store store, long rate, Time time) {
        this.store = store;
        this.rate = rate;
        this.time = time;
        thread.setDaemon(true);
    }

    /** @param rate bytes per second, at least 1 */
    public static BackgroundScrub start(Store store, long rate) {
        BackgroundScrub scrub = new BackgroundScrub(store, rate, new RealTime());
        scrub.thread.start();
        return scrub;
    }

    private void run() {
        long delayNs = FIRST_DELAY_NS;
        while (time.await(delayNs)) {
            long startNs = time.nowNs();
            try {
                pass();
            } catch (CancellationException e) {
                return;
            } catch (IOException | RuntimeException e) {
                LOG.error("the scrub of {} ended early, the next one begins in time", store.layout().root(), e);
            }
            delayNs = Math.max(0, startNs + PERIOD_NS - time.nowNs());
        }
    }

    /** Reads everything once. */
    void pass() throws IOException {
        StoreScrub scrub = new StoreScrub(store, this::onProgress, PIECE_LENGTH);
        scrub.onFinding(this::onFinding);
        scrub.addEverything();
        dueNs = time.nowNs();
        countedLength = 0;
        begin();
        StoreScrub.Result result = null;
        try {
            result = scrub.run();
        } finally {
            end(result);
        }
    }

    private synchronized void begin() {
        running = true;
    }

    private synchronized void end(StoreScrub.Result result) {
        running = false;
        doneLength = 0;
        totalLength = 0;
        if (result != null) {
            passCount++;
            lastEnd = Instant.now();
            findings = result.findings();
        }
    }

    /** Falls behind rather than to catch up: after a slow minute the disk has enough to do. */
    private void onProgress(long done, long total) {
        synchronized (this) {
            doneLength = done;
            totalLength = total;
        }
        long pieceNs = (long) ((done - countedLength) * (double) TimeUnit.SECONDS.toNanos(1) / rate);
        countedLength = done;
        dueNs = Math.max(dueNs, time.nowNs() - pieceNs) + pieceNs;
        if (!time.await(Math.max(0, dueNs - time.nowNs()))) {
            throw new CancellationException("the daemon ends");
        }
    }

    private void onFinding(Finding finding) {
        String line = finding.line();
        synchronized (this) {
            if (findings.stream().noneMatch(known -> known.line().equals(line))) {
                List<Finding> more = new ArrayList<>(findings);
                more.add(finding);
                findings = List.copyOf(more);
            }
        }
        if (logged.add(line)) {
            LOG.error("damage: {}: restore that file from a copy, or import the images again", line);
        }
    }

    public synchronized Status status() {
        return new Status(rate, running, doneLength, totalLength, passCount, lastEnd, findings);
    }

    /** Ends between two pieces. */
    @Override
    public void close() {
        time.end();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The clock of the system. */
    private static final class RealTime implements Time {

        private final CountDownLatch end = new CountDownLatch(1);

        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public boolean await(long delayNs) {
            try {
                return !end.await(delayNs, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                return false;
            }
        }

        @Override
        public void end() {
            end.countDown();
        }
    }
}
