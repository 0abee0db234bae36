package io.varve.daemon.io;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Read-only bytes at positions: where the data of a run lives. Buffers are off-heap.
 *
 * <p>Thread-safe because implementations keep no position.
 */
public interface BlockSource {

    /** Answer of {@link #readNow}: the bytes are not in memory; use {@link #read} on a thread that may wait. */
    int WOULD_BLOCK = -1;

    /** Answer of {@link #sealedFile}. */
    int NO_FILE = -1;

    /**
     * Reads what is in memory, without waiting for a disk or a network.
     *
     * @return bytes read from the start of the range, 1 to {@code length}; or {@link #WOULD_BLOCK}
     * @throws TruncatedFileException if the source is a file that ends at or before {@code position}
     * @throws IOException            if the source is broken, or the range does not lie inside it
     */
    int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException;

    /**
     * Reads all of {@code length} bytes, waiting if it must.
     *
     * @throws TruncatedFileException if the source is a file that ends inside the range
     * @throws IOException            if the source is broken, or the range does not lie inside it
     */
    void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException;

    /**
     * Brings bytes near, so that reading them soon will not wait. For jobs that nobody waits for.
     *
     * @param ranges what is needed first, first; all of one job, so that they can be asked for together
     * @return false if the source has no other way than being read
     * @throws IOException if some of them are not to be had; who reads them finds that out anew
     */
    default boolean prefetch(List<SourceRange> ranges) throws IOException {
        return false;
    }

    /**
     * Whether bytes that were read once can soon be read again without reaching far: from the page cache, or from a
     * file of this machine. Those that are expanded from a compressed form, or come from another machine and are not
     * kept, cannot; who has several readers for them keeps a copy. For threads that may wait.
     *
     * @throws IOException if that cannot be told
     */
    default boolean staysNear(long position, long length) throws IOException {
        return true;
    }

    /**
     * Whether bytes that come from elsewhere are those of a page of this source, as far as its own checksum tells,
     * which is all that vouches for what {@link #read} answers. For threads that may wait.
     *
     * @param position of the page
     * @return false also if the source has no checksums of pages
     * @throws IOException if its checksums cannot be read
     */
    default boolean vouchesFor(long position, DirectBuffer page, int index) throws IOException {
        return false;
    }

    /**
     * The file that holds the bytes of this source at the same positions, and never changes: what {@link #readNow} read
     * may be sent from its page cache.
     *
     * @return its descriptor, open as long as the source is; {@link #NO_FILE} if there is none
     */
    default int sealedFile() {
        return NO_FILE;
    }

    /**
     * Where a client's {@link #read} is to run: a source that waits for other machines has threads of its own, or a
     * slow one would keep those busy that read local disks for everybody else.
     *
     * @param usual threads that read local disks
     */
    default Executor readers(Executor usual) {
        return usual;
    }

    /**
     * Where {@link #prefetch} is to run, for the same reason.
     *
     * @param usual threads that read local disks, when nobody else wants to
     */
    default Executor loaders(Executor usual) {
        return usual;
    }

    /**
     * Who answers a read of a range of which {@link #readNow} had nothing. Asked right before that read, by the thread
     * that may wait; only for people who want to know, so that it may be out of date a moment later.
     */
    default Place place(long position, int length) {
        return Place.DISK;
    }
}
