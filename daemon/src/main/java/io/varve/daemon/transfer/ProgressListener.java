package io.varve.daemon.transfer;

/**
 * Hears how far a job is, a few times per second and once at the end.
 *
 * <p>Called by the thread that runs the job; must return soon. Owned by the caller of the job.
 */
@FunctionalInterface
public interface ProgressListener {

    /** For jobs that nobody watches. */
    ProgressListener NONE = (bytesDone, bytesTotal, bytesPerSecond) -> {};

    /**
     * @param bytesDone      of the source, including what an earlier run had done, and holes
     * @param bytesPerSecond mean of this run so far; 0 while it is not known
     */
    void onProgress(long bytesDone, long bytesTotal, long bytesPerSecond);
}
