package io.varve.daemon.disk;

import io.varve.nbd.export.ExportOwner;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The thread of the test as the agent of a disk. */
final class TestOwner implements ExportOwner {

    private static final long PATIENCE_S = 30;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    long nowNs = 1;

    @Override
    public void post(Runnable task) {
        tasks.add(task);
    }

    @Override
    public long nowNs() {
        return nowNs;
    }

    /** Runs what was posted until now; answers how many tasks that were. */
    int drain() {
        int count = 0;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
            count++;
        }
        return count;
    }

    /** Runs what is posted, as it comes, until something is so. */
    void runUntil(BooleanSupplier condition) {
        try {
            while (!condition.getAsBoolean()) {
                final Runnable task = tasks.poll(PATIENCE_S, TimeUnit.SECONDS);
                if (task == null) {
                    throw new AssertionError("nothing was posted for " + PATIENCE_S + " s");
                }
                task.run();
            }
        } catch (final InterruptedException ex) {
            throw new AssertionError(ex);
        }
    }
}
