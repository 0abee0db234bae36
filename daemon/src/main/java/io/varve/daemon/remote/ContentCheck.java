package io.varve.daemon.remote;

import org.agrona.DirectBuffer;

/**
 * Tells whether bytes are those that the manifest says, before they count as an answer.
 *
 * <p>Thread-safe because several answers are checked at a time.
 */
@FunctionalInterface
public interface ContentCheck {

    /** Where nothing is known of the content. */
    ContentCheck NONE = (position, buffer, index, length) -> { };

    /**
     * @param position of the bytes in the disk
     * @throws OriginException WRONG, if they are others; the message says which
     */
    void check(long position, DirectBuffer buffer, int index, int length) throws OriginException;
}
