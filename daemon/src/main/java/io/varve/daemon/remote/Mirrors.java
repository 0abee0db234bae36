package io.varve.daemon.remote;

import io.varve.daemon.remote.Mirror.Grant;
import io.varve.daemon.remote.Mirror.Reason;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.agrona.MutableDirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One or more origins of the same disk, which stand in for each other.
 *
 * <p>A read that a client waits for gets six requests in twenty seconds: rather of another mirror than of one that
 * has just failed, and of the same one only after a pause. If an answer takes longer than nearly all do, a second
 * mirror is asked too (Dean and Barroso, The Tail at Scale, 2013), and the first whole answer counts. A read that
 * nobody waits for gets one request.
 *
 * <p>Design note: requests beyond the necessary come out of two budgets, because retries make a server that is too
 * slow for its clients slower: one for each ten reads and one each second, and one second request for each twenty
 * reads. Three for each ten reads, if there is one mirror only: then nothing but a retry helps, and of 100 requests to
 * a server that fails every fifth, 25 are retries. A read for which the budget has nothing left waits for its turn.
 * Which mirror is asked is the better of two that are drawn, because the best one of all would be asked by
 * everybody at the same time.
 *
 * <p>Thread-safe because reads share nothing but mirrors and budgets, which lock.
 */
public final class Mirrors implements Origin {

    private static final Logger LOG = LoggerFactory.getLogger(Mirrors.class);

    private static final double RETRY_SHARE = 0.1;
    private static final double RETRY_SHARE_ALONE = 0.3;
    private static final double RETRIES_PER_SECOND = 1;
    private static final double HEDGE_SHARE = 0.05;
    private static final double MAX_SAVED = 10;
    /** Bytes of spare buffers for answers that may come too late to be wanted. */
    private static final long MAX_SCRATCH = 8L << 20;

    private final List<Mirror> mirrors;
    private final OriginIdentity identity;
    private final ContentCheck check;
    private final Timing timing;
    private final Random random;
    private final Executor executor;
    private final RequestBudget retries;
    private final RequestBudget hedges;
    private final FetchBuffers scratch = new FetchBuffers(MAX_SCRATCH);
    private final Set<DemandRead> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Those that do not have as many bytes as the first one are closed and left out, with a line in the log.
     *
     * @param origins  opened, one or more; closed with this
     * @param check    what an answer must pass to count; a mirror that fails it is not asked again by this read, and
     *                 rests, if there is another one
     * @param random   draws mirrors and pauses
     * @param executor runs requests of reads that a client waits for, each on a thread that may wait, and that is
     *                 interrupted when nobody wants the answer any more
     */
    public Mirrors(List<Origin> origins, ContentCheck check, Timing timing, Random random, Executor executor) {
        if (origins.isEmpty()) {
            throw new IllegalArgumentException("no origin");
        }
        this.check = check;
        this.timing = timing;
        this.random = random;
        this.executor = executor;
        this.identity = origins.get(0).identity();
        this.mirrors = alike(origins);
        long nowNs = timing.nowNs();
        double share = mirrors.size() == 1 ? RETRY_SHARE_ALONE : RETRY_SHARE;
        this.retries = new RequestBudget(share, RETRIES_PER_SECOND, MAX_SAVED, MAX_SAVED, nowNs);
        this.hedges = new RequestBudget(HEDGE_SHARE, 0, MAX_SAVED, 1, nowNs);
    }

    private List<Mirror> alike(List<Origin> origins) {
        Origin first = origins.get(0);
        List<Mirror> alike = new ArrayList<>();
        for (Origin origin : origins) {
            if (origin.identity().size() == first.identity().size()) {
                alike.add(new Mirror(origin, this::isOneLeft));
                continue;
            }
            LOG.error("{} is left out: it has {} bytes, {} has {}", origin.name(), origin.identity().size(),
                    first.name(), first.identity().size());
            try {
                origin.close();
            } catch (IOException e) {
                LOG.warn("{} cannot be closed", origin.name(), e);
            }
        }
        return List.copyOf(alike);
    }

    /** Whether no mirror has another one that stands in for it. */
    private boolean isOneLeft() {
        int count = 0;
        for (Mirror mirror : mirrors) {
            count += mirror.outCause() == null ? 1 : 0;
        }
        return count <= 1;
    }

    /** Of all, in their order. */
    @Override
    public String name() {
        return mirrors.stream().map(mirror -> mirror.origin().name()).collect(Collectors.joining(" or "));
    }

    /** With the validator of the first one: each server has its own. */
    @Override
    public OriginIdentity identity() {
        return identity;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException {
        ByteRange range = ByteRange.checked(position, destination, index, length, identity.size());
        retries.earn();
        hedges.earn();
        if (urgency == Urgency.AHEAD) {
            readAhead(List.of(new Piece(position, index, length)), destination, (piece, count) -> { });
            return;
        }
        DemandRead read = new DemandRead(this, range);
        underWay.add(read);
        try {
            if (closed) {
                read.stop();
            }
            read.run(destination, index);
        } finally {
            underWay.remove(read);
        }
    }

    /** For a client, piece by piece: several are for who reads ahead. */
    @Override
    public void readAll(List<Piece> pieces, MutableDirectBuffer destination, Urgency urgency, Arrivals arrivals)
            throws IOException {
        if (urgency == Urgency.DEMAND) {
            Origin.super.readAll(pieces, destination, urgency, arrivals);
            return;
        }
        for (Piece piece : pieces) {
            piece.checked(destination, identity.size());
        }
        retries.earn();
        hedges.earn();
        readAhead(pieces, destination, arrivals);
    }

    /** Of the mirror that takes the fewest, as nobody knows which one will be asked. */
    @Override
    public int maxPieces() {
        return mirrors.stream().mapToInt(mirror -> mirror.origin().maxPieces()).min().orElse(1);
    }

    private void readAhead(List<Piece> pieces, MutableDirectBuffer destination, Arrivals arrivals)
            throws OriginException {
        long beginNs = timing.nowNs();
        List<Mirror> ready = mirrors.stream().filter(mirror -> mirror.readyNs(beginNs) == beginNs).toList();
        Mirror mirror = choose(ready, beginNs);
        Grant grant = mirror == null ? Grant.NO : mirror.begin(beginNs, Reason.FIRST);
        if (grant == Grant.NO) {
            throw noneReady(new ByteRange(pieces.get(0).position(), pieces.get(0).length()), beginNs);
        }
        try {
            mirror.readAll(pieces, destination, check, arrivals);
            int length = pieces.stream().mapToInt(Piece::length).sum();
            mirror.succeeded(timing.nowNs(), beginNs, length, Urgency.AHEAD);
        } catch (OriginException e) {
            if (closed) {
                mirror.abandoned(timing.nowNs(), beginNs, grant);
            } else {
                mirror.failed(timing.nowNs(), grant, e);
            }
            throw e;
        }
    }

    /** What each mirror has been asked so far, in their order. */
    public List<MirrorCounts> counts() {
        long nowNs = timing.nowNs();
        return mirrors.stream().map(mirror -> mirror.counts(nowNs)).toList();
    }

    boolean isClosed() {
        return closed;
    }

    List<Mirror> all() {
        return mirrors;
    }

    ContentCheck check() {
        return check;
    }

    Timing timing() {
        return timing;
    }

    Executor executor() {
        return executor;
    }

    FetchBuffers scratch() {
        return scratch;
    }

    /** 0 to 1. */
    double random() {
        return random.nextDouble();
    }

    boolean mayRetry() {
        return retries.spend(timing.nowNs());
    }

    /** {@link Timing#nowNs} at which {@link #mayRetry} may say yes, if nobody else retries before. */
    long retryReadyNs() {
        return retries.readyNs(timing.nowNs());
    }

    boolean mayHedge() {
        return hedges.spend(timing.nowNs());
    }

    /** One that has rested long enough, to see whether it is back; else the better of two; null if there is none. */
    Mirror choose(List<Mirror> candidates, long nowNs) {
        for (Mirror candidate : candidates) {
            if (candidate.rests()) {
                return candidate;
            }
        }
        int count = candidates.size();
        if (count < 2) {
            return count == 0 ? null : candidates.get(0);
        }
        int first = random.nextInt(count);
        int second = (first + 1 + random.nextInt(count - 1)) % count;
        Mirror one = candidates.get(first);
        Mirror other = candidates.get(second);
        return other.cost(nowNs) < one.cost(nowNs) ? other : one;
    }

    /** Says why nobody can be asked. */
    OriginException noneReady(ByteRange range, long nowNs) {
        if (mirrors.stream().allMatch(mirror -> mirror.outCause() != null)) {
            OriginException cause = mirrors.get(0).outCause();
            return new OriginException(cause.kind(), name() + ", " + range + ": no mirror has the disk any more: "
                    + cause.getMessage(), cause);
        }
        long readyNs = mirrors.stream().mapToLong(mirror -> mirror.readyNs(nowNs)).min().orElse(nowNs);
        boolean isBusy = mirrors.stream().anyMatch(mirror -> mirror.isBusy(nowNs));
        return new OriginException(isBusy ? Kind.BUSY : Kind.UNAVAILABLE,
                name() + ", " + range + ": every mirror is left alone for a while",
                Math.max(0, TimeUnit.NANOSECONDS.toMillis(readyNs - nowNs)), null);
    }

    /** Reads that are under way fail at once, and those that come later. */
    @Override
    public void close() throws IOException {
        closed = true;
        underWay.forEach(DemandRead::stop);
        IOException failure = null;
        for (Mirror mirror : mirrors) {
            try {
                mirror.origin().close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
