package io.varve.daemon.disk;

import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * An operation that must wait for something, and so goes to a worker and comes back. Made once per pooled operation,
 * with the task that takes it there.
 *
 * <p>Owned by the agent of the disk, but between {@link WorkerDoor#send} and {@link #resume} by a worker.
 */
abstract class Errand {

    private final Runnable onWorker;
    private final Runnable onOwner;
    private IOException failure;

    Errand(WorkerDoor door) {
        onOwner = () -> door.cameBack(this);
        onWorker = () -> {
            runOnWorker();
            door.owner().post(onOwner);
        };
    }

    final Runnable onWorker() {
        return onWorker;
    }

    private void runOnWorker() {
        try {
            work();
        } catch (final IOException ex) {
            failure = ex;
        } catch (final RuntimeException ex) {
            failure = new IOException("a worker failed by a defect of ours", ex);
        }
    }

    final IOException takeFailure() {
        final IOException taken = failure;
        failure = null;
        return taken;
    }

    /** Where {@link #work} is to run. */
    Executor executor(Executor workers) {
        return workers;
    }

    /** May wait. */
    abstract void work() throws IOException;

    /** On the agent again. @param workFailure null if the work was done */
    abstract void resume(IOException workFailure);
}
