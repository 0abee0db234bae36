package io.varve.daemon.format.merge;

import java.io.Closeable;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;

/**
 * A parent's file that takes in what its child has, in place, unit by unit in the order of the disk:
 *
 * <pre>
 *   plan, plan, ... resumeHere, plan, ...  -->  begin  -->  { enter, write | zero ..., leave } ...  flush ...
 * </pre>
 *
 * <p>Where something new goes depends on nothing but the length of the file before the merge and on what is planned, so
 * that a run that is repeated, after a crash at any moment, puts the same bytes at the same places.
 *
 * <p>Owned by the thread that merges.
 */
public interface MergeTarget extends Closeable {

    /** Bytes that no merge makes the file exceed: what the readers of the view take as its end. */
    long lengthLimit();

    /** Bytes of the disk that are allocated together, and entered one after the other. */
    long unitLength();

    /** Reserves what a unit needs of which the child has something; units come in the order of the disk. */
    void plan(long unitIndex, Coverage coverage) throws IOException;

    /** The units that were planned before this call are in the file; {@link #enter} begins with the next one. */
    void resumeHere();

    /**
     * Makes the file as long as it will be, and gives it the id of the merged disk; durable at return. At each moment
     * it is a sound file, with the old id or the new one.
     */
    void begin(UUID newId) throws IOException;

    /** Makes a unit that was planned the current one. */
    void enter(long unitIndex, Coverage coverage) throws IOException;

    /**
     * Writes whole sectors of the current unit.
     *
     * @param source off-heap
     */
    void write(long offset, DirectBuffer source, int index, int length) throws IOException;

    /** Makes whole sectors of the current unit zero. */
    void zero(long offset, long length) throws IOException;

    /** The child has no more in this unit. */
    void leave() throws IOException;

    /** Makes durable what was written, and only then, durable too, the tables that lead there. */
    void flush() throws IOException;
}
