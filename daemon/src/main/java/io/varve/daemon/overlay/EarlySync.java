package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;

/**
 * The sync of a file by another thread, while its owner does other things.
 *
 * <p>Owned by the thread that begins it.
 */
final class EarlySync {

    private final FutureTask<Void> task;

    private EarlySync(FutureTask<Void> task) {
        this.task = task;
    }

    /** @param helper may be full of tasks that wait as well: what it has not begun, {@link #await} does itself */
    static EarlySync begin(BlockFile file, Executor helper) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            file.sync();
            return null;
        });
        try {
            helper.execute(task);
        } catch (RejectedExecutionException closing) {
            // It is done by who waits for it.
        }
        return new EarlySync(task);
    }

    /**
     * Returns when the file is durable, or no longer being synced.
     *
     * @throws IOException as {@link BlockFile#sync}
     */
    void await() throws IOException {
        task.run();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    task.get();
                    return;
                } catch (InterruptedException e) {
                    // The file must not be closed while it is synced.
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException failure(Throwable cause) {
        if (cause instanceof RuntimeException defect) {
            throw defect;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return (IOException) cause;
    }
}
