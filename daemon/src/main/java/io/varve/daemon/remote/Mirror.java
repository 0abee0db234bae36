package io.varve.daemon.remote;

import io.varve.daemon.remote.MirrorCounts.State;
import io.varve.daemon.remote.Origin.Arrivals;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.MutableDirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An origin, and what is known of it: how fast it answers, how often it fails, whether it wants to be left alone.
 *
 * <p>After two failures in a row, or the like of it, it rests. Then one request tries it, and either it is back, or it
 * rests twice as long. One that nobody stands in for rests only after seven, and for a shorter time: a client's read
 * that it does not answer is lost, so a server that fails every fifth request must not look like a dead one.
 *
 * <p>Thread-safe because all state is behind its lock, which is not held while the origin is asked.
 */
final class Mirror {

    /** Answer of {@link #readyNs}: never again. */
    static final long NEVER = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(Mirror.class);
    private static final Arrivals IGNORED = (piece, length) -> { };
    private static final long FIRST_REST_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long FIRST_REST_ALONE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_REST_NS = TimeUnit.SECONDS.toNanos(60);
    /** Of a busy one that does not say for how long. */
    private static final long HOLD_NS = TimeUnit.SECONDS.toNanos(1);
    /** How often to look whether a trial has ended. */
    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final double WEIGHT = 0.3;
    private static final double TOO_MANY_ERRORS = 0.5;
    private static final double TOO_MANY_ERRORS_ALONE = 0.9;
    private static final double FORGIVEN_ERRORS = 0.2;
    private static final double ERROR_PENALTY = 4;
    /** After this without an answer, half of what was known of its speed counts, so that it is tried again. */
    private static final double HALF_LIFE_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long LEAST_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Origin origin;
    private final BooleanSupplier alone;
    private final LatencyWindow window = new LatencyWindow();
    private double latencyNs;
    private long latencyAtNs;
    private double errorShare;
    private int inFlightCount;
    private boolean rests;
    private boolean onTrial;
    private long restNs;
    private long restEndNs;
    private boolean held;
    private long holdEndNs;
    private volatile OriginException outCause;

    private long requestCount;
    private long byteCount;
    private long failureCount;
    private long wrongCount;
    private long retryCount;
    private long failoverCount;
    private long hedgeCount;

    /** @param alone whether no other mirror stands in for it, as of now; it takes no lock */
    Mirror(Origin origin, BooleanSupplier alone) {
        this.origin = origin;
        this.alone = alone;
    }

    Origin origin() {
        return origin;
    }

    /** What a request is good for. */
    enum Reason {
        FIRST,
        RETRY,
        /** A retry, after another mirror failed. */
        FAILOVER,
        HEDGE
    }

    /** Whether {@link #begin} lets a request through. */
    enum Grant {
        NO,
        YES,
        /** It decides whether the mirror is back. */
        TRIAL
    }

    /** @return {@link Timing#nowNs} from which it can be asked, now or later; {@link #NEVER} */
    synchronized long readyNs(long nowNs) {
        if (outCause != null) {
            return NEVER;
        }
        long readyNs = nowNs;
        if (held && holdEndNs - nowNs > 0) {
            readyNs = holdEndNs;
        }
        if (rests) {
            readyNs = Math.max(readyNs, onTrial ? nowNs + LOOK_AGAIN_NS : Math.max(nowNs, restEndNs));
        }
        return readyNs;
    }

    /** For a second request: what is only tried is no help. */
    synchronized boolean isWell(long nowNs) {
        return !rests && readyNs(nowNs) == nowNs;
    }

    /** Whether the next request is a trial. */
    synchronized boolean rests() {
        return rests;
    }

    /** Unless it answers NO, one of {@link #succeeded}, {@link #failed} and {@link #abandoned} follows. */
    synchronized Grant begin(long nowNs, Reason reason) {
        if (readyNs(nowNs) != nowNs) {
            return Grant.NO;
        }
        inFlightCount++;
        requestCount++;
        retryCount += reason == Reason.RETRY || reason == Reason.FAILOVER ? 1 : 0;
        failoverCount += reason == Reason.FAILOVER ? 1 : 0;
        hedgeCount += reason == Reason.HEDGE ? 1 : 0;
        onTrial = rests;
        return rests ? Grant.TRIAL : Grant.YES;
    }

    /** @param urgency of the read; only clients' reads say how long one should take */
    synchronized void succeeded(long nowNs, long beginNs, int length, Urgency urgency) {
        inFlightCount--;
        byteCount += length;
        errorShare *= 1 - WEIGHT;
        learn(nowNs, nowNs - beginNs);
        if (urgency == Urgency.DEMAND) {
            window.add(nowNs - beginNs);
        }
        if (rests) {
            LOG.info("{} answers again", origin.name());
            // Its past no longer decides whether one more failure is one too many.
            errorShare = Math.min(errorShare, FORGIVEN_ERRORS);
        }
        rests = false;
        onTrial = false;
    }

    synchronized void failed(long nowNs, Grant grant, OriginException failure) {
        inFlightCount--;
        failureCount++;
        onTrial &= grant != Grant.TRIAL;
        switch (failure.kind()) {
            case BUSY -> {
                long holdNs = failure.retryAfterMs() > 0
                        ? TimeUnit.MILLISECONDS.toNanos(failure.retryAfterMs())
                        : HOLD_NS;
                holdEndNs = held ? Math.max(holdEndNs, nowNs + holdNs) : nowNs + holdNs;
                held = true;
            }
            case WRONG -> {
                wrongCount++;
                LOG.warn("{}", failure.getMessage());
                // The only one may be right elsewhere, and each answer is checked.
                if (!alone.getAsBoolean()) {
                    rest(nowNs, LONGEST_REST_NS);
                }
            }
            case CHANGED -> {
                if (outCause == null) {
                    outCause = failure;
                    LOG.error("{} is not asked any more: {}", origin.name(), failure.getMessage());
                }
            }
            default -> {
                errorShare = errorShare * (1 - WEIGHT) + WEIGHT;
                if (grant == Grant.TRIAL) {
                    rest(nowNs, Math.min(LONGEST_REST_NS, 2 * restNs));
                } else if (!rests) {
                    restAfterTooMany(nowNs, failure);
                }
            }
        }
    }

    private void restAfterTooMany(long nowNs, OriginException failure) {
        boolean isAlone = alone.getAsBoolean();
        if (errorShare > (isAlone ? TOO_MANY_ERRORS_ALONE : TOO_MANY_ERRORS)) {
            LOG.warn("{} is left alone for a while: {}", origin.name(), failure.getMessage());
            rest(nowNs, isAlone ? FIRST_REST_ALONE_NS : FIRST_REST_NS);
        }
    }

    private void rest(long nowNs, long durationNs) {
        rests = true;
        restNs = durationNs;
        restEndNs = nowNs + durationNs;
    }

    /** Another answer came first. It was at least so slow. */
    synchronized void abandoned(long nowNs, long beginNs, Grant grant) {
        inFlightCount--;
        onTrial &= grant != Grant.TRIAL;
        if (nowNs - beginNs > latencyNs) {
            learn(nowNs, nowNs - beginNs);
        }
    }

    private void learn(long nowNs, long durationNs) {
        latencyNs = latencyNs == 0 ? durationNs : latencyNs * (1 - WEIGHT) + durationNs * WEIGHT;
        latencyAtNs = nowNs;
    }

    /** What to expect of it; less is better. One that was never asked is better than any other. */
    synchronized double cost(long nowNs) {
        double known = latencyNs * Math.pow(0.5, (nowNs - latencyAtNs) / HALF_LIFE_NS);
        return (known + LEAST_NS) * (inFlightCount + 1) * (1 + ERROR_PENALTY * errorShare);
    }

    /** How long a read for a client takes, except for the slowest; 0 while too few were seen. */
    synchronized long p95Ns() {
        return window.p95Ns();
    }

    /** Why it is out; null while it is not. Takes no lock. */
    OriginException outCause() {
        return outCause;
    }

    /** Whether it wants to be left alone. */
    synchronized boolean isBusy(long nowNs) {
        return held && holdEndNs - nowNs > 0;
    }

    synchronized MirrorCounts counts(long nowNs) {
        return new MirrorCounts(origin.name(), state(nowNs), requestCount, byteCount, failureCount, wrongCount,
                new MirrorCounts.Extra(retryCount, failoverCount, hedgeCount));
    }

    private State state(long nowNs) {
        if (outCause != null) {
            return State.OUT;
        }
        return isBusy(nowNs) ? State.BUSY : rests ? State.RESTS : State.WELL;
    }

    /** Reads on the calling thread. */
    void read(ByteRange range, MutableDirectBuffer destination, int index, Urgency urgency, ContentCheck check)
            throws OriginException {
        try {
            origin.read(range.position(), destination, index, range.length(), urgency);
            check(check, range.position(), destination, index, range.length());
        } catch (OriginException e) {
            throw e;
        } catch (IOException | RuntimeException | Error e) {
            // Whatever it is, the request has ended for those who count.
            throw new OriginException(Kind.UNAVAILABLE, origin.name() + ", " + range + ": " + e, e);
        }
    }

    /**
     * Reads ahead, on the calling thread.
     *
     * @param arrivals hears of what has been checked, which is a piece as a whole
     */
    void readAll(List<Piece> pieces, MutableDirectBuffer destination, ContentCheck check, Arrivals arrivals)
            throws OriginException {
        try {
            origin.readAll(pieces, destination, Urgency.AHEAD, check == ContentCheck.NONE ? arrivals : IGNORED);
            for (int i = 0; check != ContentCheck.NONE && i < pieces.size(); i++) {
                Piece piece = pieces.get(i);
                check(check, piece.position(), destination, piece.index(), piece.length());
                arrivals.arrived(i, piece.length());
            }
        } catch (OriginException e) {
            throw e;
        } catch (IOException | RuntimeException | Error e) {
            throw new OriginException(Kind.UNAVAILABLE,
                    origin.name() + ", " + pieces.size() + " ranges: " + e, e);
        }
    }

    private void check(ContentCheck check, long position, MutableDirectBuffer bytes, int index, int length)
            throws OriginException {
        try {
            check.check(position, bytes, index, length);
        } catch (OriginException e) {
            throw new OriginException(e.kind(), origin.name() + ": " + e.getMessage(), e);
        }
    }
}
