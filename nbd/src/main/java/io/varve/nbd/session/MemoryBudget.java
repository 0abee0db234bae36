package io.varve.nbd.session;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the slot pools of all agents may hold together.
 *
 * <p>From half of it on, a session has one request in flight at a time; when all of it is taken, sessions take no
 * request until some came back. What is being received or sent at that moment is finished, so the budget can be
 * overdrawn by one slot for each session.
 *
 * <p>Thread-safe because the sum is atomic; it changes when a slot is allocated or freed, not when one is reused.
 */
public final class MemoryBudget {

    private final long length;
    private final AtomicLong used = new AtomicLong();

    /** @param length bytes */
    public MemoryBudget(long length) {
        this.length = length;
    }

    static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE);
    }

    /** Bytes that pools hold, in use or kept for reuse. */
    public long used() {
        return used.get();
    }

    /** Whether sessions have one request at a time. */
    public boolean isTight() {
        return used.get() >= length / 2;
    }

    /** Whether sessions take no requests. */
    public boolean isExhausted() {
        return used.get() >= length;
    }

    void take(int bytes) {
        used.addAndGet(bytes);
    }

    void giveBack(int bytes) {
        used.addAndGet(-bytes);
    }
}
