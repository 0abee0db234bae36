package io.varve.daemon.format;

import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * Writes a new image file, from the start of its disk to its end. What is not written is zero, or the parent's if it
 * has one. The file is an image only when {@link #finish} has returned; who made the file deletes it otherwise.
 *
 * <p>Owned by the thread that writes the file.
 */
public interface ImageWriter extends AutoCloseable {

    /**
     * Writes a range. Ranges come in the order of the disk, do not overlap, and are whole sectors if the format has
     * any.
     *
     * @param source off-heap
     */
    void write(long offset, DirectBuffer source, int index, int length) throws IOException;

    /** Makes a range zero, whatever a parent says; in the order of the disk, as {@link #write}. */
    default void zero(long offset, long length) throws IOException {
        // Without a parent, what is not written is zero.
    }

    /** Makes the file an image, durably. Once, last. */
    void finish() throws IOException;

    /** Gives back what is not on the heap; the file stays open. */
    @Override
    default void close() {
        // Most have nothing to give back.
    }
}
