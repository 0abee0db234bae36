package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Lets a file go to the disk while more is written to it: a thread of its own syncs it every now and then.
 *
 * <p>Design note: the kernel by itself begins when a tenth of the memory is waiting to be written; the end would wait
 * for all of that.
 *
 * <p>Owned by the thread that writes the file; {@link #syncAll} runs on the other.
 */
final class WriteBehind implements AutoCloseable {

    private final BlockFile file;
    private final long stepLength;
    private final Semaphore wishes = new Semaphore(0);
    private final Thread thread = new Thread(this::syncAll, "varve-export-sync");
    private volatile boolean ended;
    private volatile Throwable failure;
    private long waitingLength;

    /** @param stepLength bytes after which the file is synced */
    WriteBehind(BlockFile file, long stepLength) {
        this.file = file;
        this.stepLength = stepLength;
        thread.setDaemon(true);
        thread.start();
    }

    private void syncAll() {
        try {
            while (true) {
                wishes.acquireUninterruptibly();
                wishes.drainPermits();
                if (ended) {
                    return;
                }
                file.sync();
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
    }

    /**
     * Says that more was written.
     *
     * @throws IOException if a sync failed: the file must not be used any more
     */
    void wrote(long length) throws IOException {
        requireNoFailure();
        waitingLength += length;
        if (waitingLength >= stepLength) {
            waitingLength = 0;
            wishes.release();
        }
    }

    /**
     * Returns when nothing is synced any more. What was written last is not durable.
     *
     * @throws IOException if a sync failed: another one would not tell
     */
    void end() throws IOException {
        close();
        requireNoFailure();
    }

    private void requireNoFailure() throws IOException {
        Throwable found = failure;
        if (found instanceof IOException e) {
            throw e;
        }
        if (found != null) {
            throw new IllegalStateException(found);
        }
    }

    /** As {@link #end}, whatever happened before. */
    @Override
    public void close() {
        ended = true;
        wishes.release();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
