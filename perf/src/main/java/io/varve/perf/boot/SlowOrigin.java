package io.varve.perf.boot;

import java.io.IOException;

/**
 * A server far away that has the disk: it answers later than it could, at no more than a set rate, and writes down what
 * it was asked.
 *
 * <p>Owned by the main thread.
 */
interface SlowOrigin extends AutoCloseable {

    /** As in the table. */
    String name();

    /** What {@code varve import} takes. */
    String uri();

    /** Of its process. */
    long pid();

    /** What was asked since it started. */
    Traffic traffic() throws IOException;

    @Override
    void close() throws InterruptedException;

    /**
     * What was asked of it. Immutable.
     *
     * @param requests    one for each question, however many ranges it asks for
     * @param bytes       of the answers, without headers, but with those between the ranges of one answer
     * @param connections 0 if the server does not tell
     */
    record Traffic(long requests, long bytes, long connections) {

        static final Traffic NONE = new Traffic(0, 0, 0);

        Traffic since(Traffic before) {
            return new Traffic(requests - before.requests, bytes - before.bytes, connections - before.connections);
        }
    }

    /**
     * How slow. Immutable.
     *
     * @param delayMs       milliseconds from question to answer, beyond what it takes
     * @param bitsPerSecond of all answers together; 0: no limit
     */
    record Link(int delayMs, long bitsPerSecond) {

        @Override
        public String toString() {
            return delayMs + " ms, " + (bitsPerSecond == 0 ? "any rate" : bitsPerSecond / 1_000_000 + " Mbit/s");
        }
    }
}
