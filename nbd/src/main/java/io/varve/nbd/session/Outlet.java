package io.varve.nbd.session;

import org.agrona.DirectBuffer;

/**
 * The way out of a session: whoever owns the socket.
 *
 * <p>Owned by the agent of the connection.
 */
public interface Outlet {

    /**
     * Sends what the peer takes now.
     *
     * @return bytes taken, 0 to {@code length}; less than {@code length} means that the peer takes no more for now, or
     *     is gone (the owner notices that by itself)
     */
    int send(DirectBuffer buffer, int index, int length);

    /** A reply was finished outside of {@link Session#onReceived}: call {@link Session#flush} in this duty cycle. */
    void requestFlush();
}
