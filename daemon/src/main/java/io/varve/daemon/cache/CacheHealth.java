package io.varve.daemon.cache;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much of a cache can be relied upon. It gets worse only; the next open begins again.
 *
 * <p>Thread-safe because the state is volatile and is lowered under a lock.
 */
final class CacheHealth {

    private static final Logger LOG = LoggerFactory.getLogger(CacheHealth.class);

    private enum State {
        /** Everything works. */
        ON,
        /** A write failed. What was here before is sound, and nothing new comes. */
        NO_WRITES,
        /** A sync failed, or there are no files: nothing is here. */
        OFF
    }

    private final String name;
    private final CacheCounters counters;
    private volatile State state = State.ON;

    /** @param name for messages */
    CacheHealth(String name, CacheCounters counters) {
        this.name = name;
        this.counters = counters;
    }

    boolean isReadable() {
        return state != State.OFF;
    }

    boolean isWritable() {
        return state == State.ON;
    }

    /** It takes nothing new. */
    void writeFailed(IOException cause) {
        if (lower(State.NO_WRITES)) {
            LOG.error("the cache in {} takes nothing new until it is opened again, reads go on: {}", name,
                    cause.getMessage());
        }
    }

    /** Nothing is in it, and its files must not be written. */
    void turnOff(IOException cause) {
        if (lower(State.OFF)) {
            LOG.error("the cache in {} is off until it is opened again, reads go on without: {}", name,
                    cause.getMessage());
        }
    }

    /** Another process has its files, which is no failure. */
    void leaveToOther() {
        synchronized (this) {
            state = State.OFF;
        }
        LOG.info("another process has the cache in {}: reads go on without", name);
    }

    private synchronized boolean lower(State to) {
        if (state.compareTo(to) >= 0) {
            return false;
        }
        state = to;
        counters.failures.increment();
        return true;
    }
}
