package io.varve.daemon.disk;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one disk did. Adding is a plain load and store; every 1024th request, and the end, adds what is new to the
 * counters of the daemon.
 *
 * <p>Design note: the agent does not add to the daemon's counters directly, because all agents would then pull the
 * same cache lines back and forth on every request.
 *
 * <p>Owned by the agent of the disk, but for {@link #get}, which any thread may ask and which may lag a moment.
 */
public final class DiskStatistics {

    private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(long[].class);
    private static final Counter[] ALL = Counter.values();
    private static final int FOLD_MASK = 1023;

    private final Counters counters;
    private final long[] values = new long[ALL.length];
    private final long[] folded = new long[ALL.length];
    private int requestCount;

    DiskStatistics(Counters counters) {
        this.counters = counters;
    }

    /** Counters that are not about disks stay zero. */
    public long get(Counter counter) {
        return (long) VALUES.getOpaque(values, counter.ordinal());
    }

    void add(Counter counter, long amount) {
        final int index = counter.ordinal();
        VALUES.setOpaque(values, index, values[index] + amount);
    }

    void addRequest(Counter kind) {
        add(kind, 1);
        if ((++requestCount & FOLD_MASK) == 0) {
            fold();
        }
    }

    void addRequest(Counter kind, Counter bytes, long length) {
        add(bytes, length);
        addRequest(kind);
    }

    void fold() {
        for (final Counter counter : ALL) {
            final int index = counter.ordinal();
            final long news = values[index] - folded[index];
            if (news != 0) {
                counters.get(counter).getAndAdd(news);
                folded[index] = values[index];
            }
        }
    }
}
