package io.varve.daemon.cli;

/**
 * Hears how far a long job has come. Owned by the thread that does the job.
 */
@FunctionalInterface
public interface ProgressListener {

    /**
     * @param doneLength bytes of {@code totalLength}; never less than before
     * @param rate       bytes per second so far; 0 while it is not known
     */
    void onProgress(long doneLength, long totalLength, long rate);

    /** @param line of what people should know about the job, whether or not they watch it */
    default void onNotice(String line) { }
}
