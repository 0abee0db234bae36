package io.varve.daemon.boot;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A thread that exists only once there was something to wait for.
 *
 * <p>Thread-safe because the executor is.
 */
final class ThreadDelayTimer implements BootEngine.DelayTimer {

    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
        final Thread thread = new Thread(task, "varve-boot-timer");
        thread.setDaemon(true);
        return thread;
    });

    @Override
    public void after(long delayMs, Runnable task) {
        try {
            executor.schedule(task, delayMs, TimeUnit.MILLISECONDS);
        } catch (final RejectedExecutionException ex) {
            return; // closed: nothing is due any more
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
