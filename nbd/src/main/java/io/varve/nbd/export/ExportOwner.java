package io.varve.nbd.export;

/**
 * The thread that serves an export, as seen from elsewhere.
 *
 * <p>Thread-safe because {@link #post} hands over through a queue and {@link #nowNs} reads one published value.
 */
public interface ExportOwner {

    /**
     * Runs {@code task} on the owner's thread in its next duty cycle. Waits while the queue is full (back-pressure,
     * counted), so it must not be called from the owner's own thread unless the queue is known to have room.
     */
    void post(Runnable task);

    /** Monotonic nanoseconds, read once per duty cycle; the scale of {@link System#nanoTime()}. */
    long nowNs();
}
