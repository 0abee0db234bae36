package io.varve.nbd.export;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The answer to one request: a slot in the connection's transmit buffer, and its completion.
 *
 * <p>Inside a call of {@link Export} only the reply of that call is finished, before it is answered or parked; parked
 * ones are finished in tasks of their own ({@link ExportOwner#post}).
 *
 * <p>Exactly one of {@link #complete()}, {@link #completeZeroes()}, {@link #fail} and {@link #failAt} is called, once.
 * An object is reused for later requests, so nobody keeps it after that.
 *
 * <p>Owned by the agent of the connection. Between {@link #park()} and completion, one other thread may fill the
 * buffer, if it is handed over and back through queues.
 */
public interface Reply {

    /** Where the payload of a READ goes; off-heap. {@link #park()} moves it: fetch it again after parking. */
    MutableDirectBuffer buffer();

    /**
     * First byte of the payload in {@link #buffer()}. After {@link #zeroes} it holds only for bytes behind those: fetch
     * it again, and it may be negative.
     */
    int bufferIndex();

    /**
     * Takes the request out of the order of replies. What was already written to {@link #buffer()} moves along.
     * Parking twice does nothing.
     */
    void park();

    /**
     * Parks, and keeps a copy of a WRITE's payload until completion.
     *
     * @return the copy; its first byte is at {@link #bufferIndex()}
     */
    DirectBuffer parkWithPayload(DirectBuffer payload, int payloadIndex, int length);

    /** The request succeeded; for a READ, all bytes of the payload are in place. */
    void complete();

    /**
     * As {@link #complete()}, of a READ whose bytes are also those of a file that nobody ever changes, and in the page
     * cache: they may be sent from there, without a copy.
     *
     * @param file     its descriptor, which is used during the call only
     * @param position in the file, of the first byte of the payload
     */
    default void completeFrom(int file, long position) {
        complete();
    }

    /**
     * Bytes of a READ are zero, and the reply may say so in a few bytes. Everything in front of them must be in place
     * already, and is not touched any more: who uses this fills the payload from front to back.
     *
     * @param index  of the first, from the start of the payload
     * @param length bytes, positive
     */
    default void zeroes(int index, int length) {
        buffer().setMemory(bufferIndex() + index, length, (byte) 0);
    }

    /** A READ succeeded and every byte is zero; the payload need not have been written. */
    void completeZeroes();

    /** The request failed; for a WRITE nothing is promised about the range, for a READ nothing is sent of it. */
    void fail(NbdError error);

    /** As {@link #fail}. @param offset byte of the disk, inside the request, that could not be had */
    default void failAt(NbdError error, long offset) {
        fail(error);
    }
}
