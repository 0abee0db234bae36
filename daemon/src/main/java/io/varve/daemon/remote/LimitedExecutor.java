package io.varve.daemon.remote;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * Runs tasks on the threads of others, a few at a time, in their order, so that most of the threads stay free for more
 * urgent ones.
 *
 * <p>Thread-safe because the count and the queue are behind its lock, which is not held while a task runs.
 */
final class LimitedExecutor implements Executor {

    private final Executor threads;
    private final int maxRunning;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int runningCount;

    LimitedExecutor(Executor threads, int maxRunning) {
        this.threads = threads;
        this.maxRunning = maxRunning;
    }

    /** @throws java.util.concurrent.RejectedExecutionException if the threads take nothing more */
    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            if (runningCount == maxRunning) {
                waiting.add(task);
                return;
            }
            runningCount++;
        }
        boolean taken = false;
        try {
            threads.execute(() -> run(task));
            taken = true;
        } finally {
            if (!taken) {
                next(true);
            }
        }
    }

    private void run(Runnable first) {
        for (Runnable task = first; task != null; ) {
            boolean done = false;
            try {
                task.run();
                done = true;
            } finally {
                task = next(!done);
            }
        }
    }

    /** @param leaves whether this thread takes no more; then what waits is left to the others, or to who comes next */
    private synchronized Runnable next(boolean leaves) {
        Runnable next = leaves ? null : waiting.poll();
        runningCount -= next == null ? 1 : 0;
        return next;
    }
}
