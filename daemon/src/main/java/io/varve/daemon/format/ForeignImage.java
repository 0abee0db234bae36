package io.varve.daemon.format;

import io.varve.daemon.io.BlockFile;
import java.io.Closeable;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.agrona.MutableDirectBuffer;

/**
 * A disk image in a format that is not ours, without its parents: {@link ImageChain} puts a file and its parents
 * together. Every byte of the file is hostile.
 *
 * <p>Thread-safe because implementations keep nothing but what they read when they were opened, and tables in a
 * {@link TableCache}.
 */
public interface ForeignImage extends Closeable {

    /** Of the file, for messages. */
    String name();

    ImageFormat format();

    /** Bytes of the disk, at least 1. Of most formats a multiple of 512. */
    long size();

    /**
     * Says where a range begins to be: the longest piece from {@code offset} on that is of one kind, as far as it is
     * known without reading more of the tables than its first byte needs.
     *
     * @param offset    byte in the disk
     * @param maxLength bytes, at least 1; the range lies inside the disk
     * @param mayWait   whether to wait for tables that are not in memory
     * @return false if it would have to wait; the piece says nothing then
     * @throws io.varve.daemon.io.CorruptDataException if the tables are damaged
     */
    boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException;

    /**
     * Reads bytes of a range that {@link #locate} called {@link Piece#ENCODED}, waiting if it must.
     *
     * @param destination off-heap
     * @throws io.varve.daemon.io.CorruptDataException if they cannot be decoded
     */
    default void readEncoded(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        throw new IllegalStateException(name() + " says that byte " + offset + " of its disk is encoded");
    }

    /**
     * Goes through all tables once, for what no single look can see: that two entries claim the same place. Takes as
     * long as reading the tables, which are not kept, and up to 32 MiB off the heap.
     *
     * @throws io.varve.daemon.io.CorruptDataException if an entry is damaged, or its place is another's
     */
    default void requireSoundTables() throws IOException {}

    /** Where {@link Piece#DATA} is. */
    BlockFile file();

    /** What this file needs below it; empty if nothing. */
    Optional<ParentLink> parent();

    /**
     * What children name it by, and what changes whenever its bytes do: a UUID in lower case with hyphens. Empty if the
     * format has none.
     */
    Optional<String> id();

    /** When the disk was made, as the file says itself, so that copies say the same; empty if it does not. */
    default Optional<Instant> made() {
        return Optional.empty();
    }

    /** Closes the file. */
    @Override
    void close() throws IOException;
}
