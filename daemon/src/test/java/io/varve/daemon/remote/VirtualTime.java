package io.varve.daemon.remote;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;

/**
 * Time that stands still while anybody has something to do, and then goes on to the next event: the end of a fake
 * origin's work, or of the reader's patience. One reader at a time; tasks of the executor have threads of their own.
 *
 * <p>Thread-safe because all state is behind its lock.
 */
final class VirtualTime implements Timing, Executor {

    private static final long PATIENCE_MS = 20_000;

    private long nowNs = 1_000_000_000L;
    /** Tasks that run, and do not sleep. */
    private int busyCount;
    /** When each sleeper wakes; at most one per task. */
    private final java.util.PriorityQueue<Long> wakeUps = new java.util.PriorityQueue<>();

    @Override
    public synchronized long nowNs() {
        return nowNs;
    }

    synchronized void advance(long ns) {
        nowNs += ns;
        notifyAll();
    }

    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            busyCount++;
        }
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } finally {
                synchronized (this) {
                    busyCount--;
                    notifyAll();
                }
            }
        }, "virtual");
        thread.setDaemon(true);
        thread.start();
    }

    /** For tasks: sleeps until the time has come. */
    synchronized void sleep(long ns) throws InterruptedException {
        long endNs = nowNs + ns;
        wakeUps.add(endNs);
        busyCount--;
        notifyAll();
        try {
            while (nowNs < endNs) {
                wait();
            }
        } finally {
            // Whoever moved the time has counted a sleeper that it woke; one that was interrupted counts itself.
            if (wakeUps.remove(endNs)) {
                busyCount++;
            }
        }
    }

    @Override
    public synchronized <T> T poll(BlockingQueue<T> queue, long timeoutNs) throws InterruptedException {
        long endNs = nowNs + timeoutNs;
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (true) {
            while (busyCount > 0) {
                if (System.currentTimeMillis() > deadline) {
                    throw new AssertionError(busyCount + " tasks go on and on");
                }
                wait(PATIENCE_MS);
            }
            T found = queue.poll();
            if (found != null) {
                return found;
            }
            if (nowNs >= endNs) {
                return null;
            }
            nowNs = wakeUps.isEmpty() ? endNs : Math.min(endNs, wakeUps.peek());
            while (!wakeUps.isEmpty() && wakeUps.peek() <= nowNs) {
                wakeUps.poll();
                busyCount++;
            }
            notifyAll();
        }
    }

    /** Waits until no task runs or sleeps any more. */
    synchronized void awaitIdle() throws InterruptedException {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (busyCount > 0 || !wakeUps.isEmpty()) {
            if (System.currentTimeMillis() > deadline) {
                throw new AssertionError(busyCount + " tasks go on and on, " + wakeUps.size() + " sleep");
            }
            wait(PATIENCE_MS);
        }
    }
}
