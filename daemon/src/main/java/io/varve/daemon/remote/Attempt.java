package io.varve.daemon.remote;

import io.varve.daemon.remote.Mirror.Grant;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One request to one mirror, for a client's read, into a buffer of its own: what comes too late does not reach the
 * client's.
 *
 * <p>Thread-safe because its outcome is decided once, under its lock: it ended, or it was given up.
 */
final class Attempt implements Runnable {

    private final Mirror mirror;
    private final Grant grant;
    private final DemandRead of;
    private final BlockingQueue<Optional<Attempt>> ended;
    private final UnsafeBuffer buffer;
    private final long beginNs;
    private Thread runner;
    private boolean decided;
    private OriginException failure;

    /**
     * @param grant  that the mirror gave
     * @param buffer one of the scratch buffers, given back by whoever is the last to use it
     * @param ended  hears of this, unless it was given up before
     */
    Attempt(Mirror mirror, Grant grant, DemandRead of, UnsafeBuffer buffer,
            BlockingQueue<Optional<Attempt>> ended, long beginNs) {
        this.mirror = mirror;
        this.grant = grant;
        this.of = of;
        this.ended = ended;
        this.buffer = buffer;
        this.beginNs = beginNs;
    }

    Mirror mirror() {
        return mirror;
    }

    /** Whether it decides if the mirror is back. */
    boolean isTrial() {
        return grant == Grant.TRIAL;
    }

    /** Once it has ended: null if the bytes are there. */
    synchronized OriginException failure() {
        return failure;
    }

    /** The reader's, once this has ended; it gives it back. */
    UnsafeBuffer buffer() {
        return buffer;
    }

    @Override
    public void run() {
        if (!enter()) {
            of.mirrors().scratch().give(buffer);
            return;
        }
        OriginException found = null;
        try {
            mirror.read(of.range(), buffer, 0, Urgency.DEMAND, of.mirrors().check());
        } catch (OriginException e) {
            found = e;
        }
        if (leave(found)) {
            ended.add(Optional.of(this));
        } else {
            of.mirrors().scratch().give(buffer);
        }
    }

    private synchronized boolean enter() {
        runner = decided ? null : Thread.currentThread();
        return !decided;
    }

    /** @return whether it ended before it was given up */
    private synchronized boolean leave(OriginException found) {
        runner = null;
        // An interrupt that came too late is not for the next task of the thread.
        boolean givenUp = decided;
        if (givenUp) {
            Thread.interrupted();
            return false;
        }
        decided = true;
        failure = found;
        long nowNs = of.mirrors().timing().nowNs();
        if (of.mirrors().isClosed()) {
            mirror.abandoned(nowNs, beginNs, grant);
        } else if (found == null) {
            mirror.succeeded(nowNs, beginNs, of.range().length(), Urgency.DEMAND);
        } else {
            mirror.failed(nowNs, grant, found);
        }
        return true;
    }

    /**
     * Ends it, unless it has ended.
     *
     * @param blame why that is the mirror's fault; null if it is not
     */
    void giveUp(OriginException blame) {
        synchronized (this) {
            if (!decided) {
                decided = true;
                long nowNs = of.mirrors().timing().nowNs();
                if (blame == null) {
                    mirror.abandoned(nowNs, beginNs, grant);
                } else {
                    mirror.failed(nowNs, grant, blame);
                }
                if (runner != null) {
                    runner.interrupt();
                }
                return;
            }
        }
        of.mirrors().scratch().give(buffer);
    }

    /** That it took so long. */
    OriginException tooLate() {
        return new OriginException(Kind.UNAVAILABLE,
                mirror.origin().name() + ", " + of.range() + ": no answer in the time that a client waits", null);
    }
}
