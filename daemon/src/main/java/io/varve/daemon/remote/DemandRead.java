package io.varve.daemon.remote;

import io.varve.daemon.remote.Mirror.Grant;
import io.varve.daemon.remote.Mirror.Reason;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One read that a client waits for: up to six requests one after the other, and beside a slow one another, until a
 * whole answer is there or the time is over.
 *
 * <p>Owned by the thread that reads; {@link #stop} by any thread ends its wait.
 */
final class DemandRead {

    private static final Logger LOG = LoggerFactory.getLogger(DemandRead.class);
    private static final int MAX_ATTEMPTS = 6;
    private static final long TIME_NS = TimeUnit.SECONDS.toNanos(20);
    private static final long SHORTEST_HEDGE_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long SHORTEST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long LONGEST_PAUSE_NS = TimeUnit.SECONDS.toNanos(1);
    /** Two bits: the pause is four times as long each time. */
    private static final int PAUSE_GROWTH = 2;

    private final Mirrors mirrors;
    private final Timing timing;
    private final ByteRange range;
    private final long endNs;
    /** Attempts that have ended; an empty one after {@link #stop}. */
    private final BlockingQueue<Optional<Attempt>> ended = new LinkedBlockingQueue<>();
    private final List<Attempt> underWay = new ArrayList<>();
    /** Mirrors that failed this read, and those among them that would fail it again. */
    private final Set<Mirror> failed = new LinkedHashSet<>();
    private final Set<Mirror> refused = new LinkedHashSet<>();
    private OriginException failure;
    private long pauseEndNs;
    private volatile boolean stopped;

    DemandRead(Mirrors mirrors, ByteRange range) {
        this.mirrors = mirrors;
        this.timing = mirrors.timing();
        this.range = range;
        this.endNs = timing.nowNs() + TIME_NS;
    }

    Mirrors mirrors() {
        return mirrors;
    }

    ByteRange range() {
        return range;
    }

    /** Fills the buffer, which nobody but the calling thread touches. */
    void run(MutableDirectBuffer destination, int index) throws OriginException, InterruptedIOException {
        try {
            for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
                if (attempt > 1) {
                    awaitBudget();
                }
                Attempt winner = race(begin());
                if (winner != null) {
                    destination.putBytes(index, winner.buffer(), 0, range.length());
                    mirrors.scratch().give(winner.buffer());
                    return;
                }
                pauseEndNs = timing.nowNs() + pauseNs(attempt);
            }
            throw failure;
        } catch (InterruptedException e) {
            throw new InterruptedIOException(mirrors.name() + ", " + range + ": interrupted");
        } finally {
            underWay.forEach(attempt -> attempt.giveUp(null));
        }
    }

    private void awaitBudget() throws OriginException, InterruptedException {
        if (mirrors.all().stream().allMatch(mirror -> refused.contains(mirror) || mirror.outCause() != null)) {
            throw failure;
        }
        while (!mirrors.mayRetry()) {
            long readyNs = mirrors.retryReadyNs();
            if (readyNs >= endNs) {
                throw failure;
            }
            await(readyNs);
        }
    }

    private long pauseNs(int attempt) {
        long longest = Math.min(LONGEST_PAUSE_NS, SHORTEST_PAUSE_NS << PAUSE_GROWTH * attempt);
        return SHORTEST_PAUSE_NS + (long) (mirrors.random() * (longest - SHORTEST_PAUSE_NS));
    }

    /** Waits until some mirror can be asked, those that failed only after the pause, and asks it. */
    private Mirror begin() throws OriginException, InterruptedException {
        while (true) {
            long nowNs = timing.nowNs();
            List<Mirror> ready = new ArrayList<>();
            long nextNs = Mirror.NEVER;
            for (Mirror mirror : mirrors.all()) {
                long readyNs = refused.contains(mirror) ? Mirror.NEVER : mirror.readyNs(nowNs);
                if (readyNs != Mirror.NEVER && failed.contains(mirror)) {
                    readyNs = Math.max(readyNs, pauseEndNs);
                }
                if (readyNs <= nowNs) {
                    ready.add(mirror);
                }
                nextNs = Math.min(nextNs, readyNs);
            }
            Mirror chosen = mirrors.choose(ready, nowNs);
            if (chosen != null) {
                if (start(chosen, reason(chosen))) {
                    return chosen;
                }
                continue;
            }
            if (nextNs >= endNs) {
                throw failure != null ? failure : mirrors.noneReady(range, nowNs);
            }
            await(nextNs);
        }
    }

    private Reason reason(Mirror chosen) {
        if (failed.isEmpty()) {
            return Reason.FIRST;
        }
        return failed.contains(chosen) ? Reason.RETRY : Reason.FAILOVER;
    }

    /** @return whether the mirror let it through */
    private boolean start(Mirror mirror, Reason reason) throws OriginException {
        long nowNs = timing.nowNs();
        // Before the mirror counts the request: there may be no memory left.
        UnsafeBuffer buffer = mirrors.scratch().take(range.length());
        Grant grant = mirror.begin(nowNs, reason);
        if (grant == Grant.NO) {
            mirrors.scratch().give(buffer);
            return false;
        }
        Attempt attempt = new Attempt(mirror, grant, this, buffer, ended, nowNs);
        underWay.add(attempt);
        try {
            mirrors.executor().execute(attempt);
        } catch (RejectedExecutionException e) {
            underWay.remove(attempt);
            attempt.giveUp(null);
            throw new OriginException(Kind.UNAVAILABLE, mirror.origin().name() + ", " + range
                    + ": no thread to read it", e);
        }
        return true;
    }

    /** @return the first whole answer; null if all failed */
    private Attempt race(Mirror first) throws OriginException, InterruptedException {
        long hedgeNs = timing.nowNs() + Math.max(SHORTEST_HEDGE_NS, first.p95Ns());
        boolean mayHedge = true;
        while (!underWay.isEmpty()) {
            Attempt next = await(mayHedge && hedgeNs < endNs ? hedgeNs : endNs);
            if (next == null) {
                if (timing.nowNs() >= endNs) {
                    giveUpAll();
                    throw failure;
                }
                mayHedge = false;
                hedge(first);
                continue;
            }
            underWay.remove(next);
            if (next.failure() == null) {
                return next;
            }
            note(next, next.failure());
            mirrors.scratch().give(next.buffer());
        }
        return null;
    }

    private void note(Attempt attempt, OriginException found) {
        failed.add(attempt.mirror());
        if (found.kind() == Kind.REFUSED || found.kind() == Kind.WRONG) {
            refused.add(attempt.mirror());
        }
        if (failure != null && failure != found) {
            found.addSuppressed(failure);
        }
        failure = found;
    }

    private void giveUpAll() {
        for (Attempt attempt : underWay) {
            OriginException tooLate = attempt.tooLate();
            attempt.giveUp(tooLate);
            note(attempt, tooLate);
        }
        underWay.clear();
    }

    /** Beside a trial it is rather the trial that is one request more, and there are few of them. */
    private void hedge(Mirror slow) {
        boolean onTrial = underWay.stream().anyMatch(Attempt::isTrial);
        long nowNs = timing.nowNs();
        List<Mirror> others = mirrors.all().stream()
                .filter(mirror -> mirror != slow && !failed.contains(mirror) && mirror.isWell(nowNs))
                .toList();
        Mirror other = mirrors.choose(others, nowNs);
        if (other != null && (mirrors.mayHedge() || onTrial && mirrors.mayRetry())) {
            try {
                start(other, Reason.HEDGE);
            } catch (OriginException e) {
                LOG.debug("one request for {} must do", range, e);
            }
        }
    }

    /** @return an attempt that has ended; null if none has by then */
    private Attempt await(long untilNs) throws OriginException, InterruptedException {
        if (stopped) {
            throw closed();
        }
        Optional<Attempt> next = timing.poll(ended, untilNs - timing.nowNs());
        if (stopped) {
            throw closed();
        }
        return next == null ? null : next.orElseThrow();
    }

    private OriginException closed() {
        return new OriginException(Kind.UNAVAILABLE, mirrors.name() + ", " + range + ": it has been closed", null);
    }

    /** Makes it fail. */
    void stop() {
        stopped = true;
        ended.add(Optional.empty());
    }
}
