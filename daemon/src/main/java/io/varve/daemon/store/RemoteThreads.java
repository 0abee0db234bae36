package io.varve.daemon.store;

import java.io.Closeable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that wait for other machines. None of them keeps a process alive, and those that have nothing to do end.
 *
 * <p>Thread-safe because executors are.
 */
final class RemoteThreads {

    /** Reads that wait at one time, clients' and a few ahead for each disk; more wait behind them. */
    private static final int READERS = 256;
    private static final long IDLE_SECONDS = 10;
    private static final long UPKEEP_SECONDS = 3;

    private final ThreadPoolExecutor readers;
    private final ThreadPoolExecutor requests;
    private final ScheduledThreadPoolExecutor clock;

    RemoteThreads() {
        readers = new ThreadPoolExecutor(READERS, READERS, IDLE_SECONDS, TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), named("varve-remote-read-"));
        readers.allowCoreThreadTimeOut(true);
        requests = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS,
                new SynchronousQueue<>(), named("varve-remote-ask-"));
        clock = new ScheduledThreadPoolExecutor(1, named("varve-remote-keep-"));
        clock.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        clock.allowCoreThreadTimeOut(true);
        clock.setRemoveOnCancelPolicy(true);
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + count.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** For reads, a bounded number at a time. */
    Executor readers() {
        return readers;
    }

    /** For what a read asks of a server: never more than a few for each reader. */
    Executor requests() {
        return requests;
    }

    /** Runs a task every few seconds, until what is returned is closed; it may then be running still. */
    Closeable repeat(Runnable task) {
        ScheduledFuture<?> repeated =
                clock.scheduleWithFixedDelay(task, UPKEEP_SECONDS, UPKEEP_SECONDS, TimeUnit.SECONDS);
        return () -> repeated.cancel(false);
    }
}
