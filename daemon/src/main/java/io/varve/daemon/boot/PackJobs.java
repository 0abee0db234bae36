package io.varve.daemon.boot;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes packs when nobody waits, 1 MiB at a time, at most one at a time of an image.
 *
 * <p>Thread-safe because the set is, and a job is in the hands of one task at a time.
 */
final class PackJobs {

    private static final Logger LOGGER = LoggerFactory.getLogger(PackJobs.class);

    private final Executor background;
    private final Counters counters;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean off;

    /** @param background runs steps when no client waits */
    PackJobs(Executor background, Counters counters) {
        this.background = background;
        this.counters = counters;
    }

    /** From now on, no pack is written and none is read. */
    void turnOff(boolean newOff) {
        off = newOff;
    }

    boolean isOff() {
        return off;
    }

    /** Writes the pack of an image if there is none that holds what its boots read. */
    void consider(SequenceSlot slot, Profile profile) {
        if (!off && underWay.add(slot.imageName())) {
            submit(slot, () -> begin(slot, profile));
        }
    }

    private void submit(SequenceSlot slot, Runnable task) {
        try {
            background.execute(task);
        } catch (final RejectedExecutionException ex) {
            underWay.remove(slot.imageName()); // the daemon stops; what is unfinished is swept away
        }
    }

    private void begin(SequenceSlot slot, Profile profile) {
        try {
            final SequenceSlot.PackJob job = slot.pack(profile);
            if (job == null) {
                underWay.remove(slot.imageName());
            } else {
                submit(slot, () -> step(slot, job));
            }
        } catch (final IOException ex) {
            fail(slot, ex);
        } catch (final RuntimeException ex) {
            fail(slot, new IOException("by a defect of ours", ex));
        }
    }

    private void step(SequenceSlot slot, SequenceSlot.PackJob job) {
        boolean more = false;
        try {
            more = !off && job.step();
            if (!more) {
                LOGGER.debug("packed what boots of {} read", slot.imageName());
                counters.get(Counter.BOOT_PACKS).increment();
            }
        } catch (final IOException ex) {
            fail(slot, ex);
        } catch (final RuntimeException ex) {
            fail(slot, new IOException("by a defect of ours", ex));
        } finally {
            if (more) {
                submit(slot, () -> step(slot, job));
            } else {
                close(job);
                underWay.remove(slot.imageName());
            }
        }
    }

    private static void close(SequenceSlot.PackJob job) {
        try {
            job.close();
        } catch (final IOException ex) {
            LOGGER.debug("a pack that was written did not close cleanly", ex);
        }
    }

    private void fail(SequenceSlot slot, IOException cause) {
        underWay.remove(slot.imageName());
        counters.get(Counter.BOOT_PACK_FAILURES).increment();
        LOGGER.warn("what boots of {} read cannot be packed, they go on without: {}", slot.imageName(),
                cause.getMessage());
    }
}
