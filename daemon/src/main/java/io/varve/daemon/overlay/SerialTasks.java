package io.varve.daemon.overlay;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * Runs tasks on the workers in the order given and one at a time: one overlay never keeps two workers busy, and its
 * files are closed after the last commit.
 *
 * <p>Thread-safe because the queue is behind a lock that is not held while a task runs.
 */
final class SerialTasks implements Executor {

    private final Executor workers;
    private final Runnable runNext = this::runNext;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean scheduled;

    SerialTasks(Executor workers) {
        this.workers = workers;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
            if (scheduled) {
                return;
            }
            scheduled = true;
        }
        workers.execute(runNext);
    }

    private void runNext() {
        Runnable task;
        synchronized (tasks) {
            task = tasks.remove();
        }
        try {
            task.run();
        } finally {
            boolean more;
            synchronized (tasks) {
                more = !tasks.isEmpty();
                scheduled = more;
            }
            if (more) {
                workers.execute(runNext);
            }
        }
    }
}
