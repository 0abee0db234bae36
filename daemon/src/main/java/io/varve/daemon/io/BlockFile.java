package io.varve.daemon.io;

import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A file of bytes at positions: the seam below which the operating system, or a simulated disk, does the work.
 * Buffers are off-heap. Every failure is an {@link IOException} that names the file, the position and the cause;
 * a full disk is {@link NoSpaceException}.
 *
 * <p>Thread-safe because the file keeps no position and calls are independent; overlapping calls give the bytes of
 * one or the other, as the kernel does. {@link #close} is called once, by the owner, after all other calls returned.
 */
public interface BlockFile extends BlockSource, AutoCloseable {

    /** Path as given at open, for messages. */
    String name();

    /** What the kernel calls it, as long as it is open; {@link #NO_FILE} if the kernel does not know it. */
    default int descriptor() {
        return NO_FILE;
    }

    /** Bytes. */
    long size() throws IOException;

    /**
     * First byte at or after {@code position} that may be other than zero; the size if there is none. Holes are what
     * the file system says they are; one that knows none calls everything data.
     */
    default long nextData(long position) throws IOException {
        return Math.min(position, size());
    }

    /** First byte at or after {@code position} that is in a hole and therefore zero; the size if there is none. */
    default long nextHole(long position) throws IOException {
        return size();
    }

    /**
     * Reads as {@link #read} does, for jobs that go through a file once, and leaves in memory what was there before.
     *
     * @throws IOException as {@link #read}
     */
    default void readQuietly(long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        QuietReads.read(this, position, destination, index, length);
    }

    /**
     * Writes all of {@code length} bytes. After a failure any part of the range may have been written.
     *
     * @throws NoSpaceException if the disk or the quota is full
     */
    void write(long position, DirectBuffer source, int index, int length) throws IOException;

    /** Makes data and size durable. A file whose sync failed must not be used any more. */
    void sync() throws IOException;

    /** Sets the size; growth reads as zero. */
    void truncate(long size) throws IOException;

    /**
     * Deallocates; the range reads as zero and the size stays. Where the file system has no holes nothing happens, and
     * the old bytes stay.
     */
    void punchHole(long position, long length) throws IOException;

    /**
     * The range reads as zero and stays, or becomes, allocated, so that writing it later cannot run out of space. The
     * size stays: what lies behind the end of the file is left alone.
     *
     * @throws NoSpaceException if the disk or the quota is full
     */
    void zeroRange(long position, long length) throws IOException;

    /** A hint about future use of {@code [position, position + length)}. Never fails. */
    void advise(Advice advice, long position, long length);

    @Override
    void close() throws IOException;

    /** As posix_fadvise(2). */
    enum Advice {
        /** Bring into the page cache; returns without waiting. */
        WILL_NEED,
        /** Drop from the page cache what is clean. */
        DONT_NEED,
        SEQUENTIAL,
        RANDOM
    }
}
