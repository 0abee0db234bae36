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

    /**
     * Sends bytes, and behind them bytes of a file, these without a copy. Called only with a file that does not change,
     * whose bytes are in memory, and whose descriptor stays open during the call.
     *
     * @param length   bytes of the buffer, at least 1
     * @param file     descriptor of the file
     * @param position in the file
     * @param lent     bytes of the file
     * @return bytes taken of the two together, 0 to {@code length + lent}; less than all says nothing, for there may be
     *     no way to send a file: {@link #send} has to be tried with the rest
     */
    default int sendWithFile(DirectBuffer buffer, int index, int length, int file, long position, int lent) {
        return 0;
    }

    /** A reply was finished outside of {@link Session#onReceived}: call {@link Session#flush} in this duty cycle. */
    void requestFlush();
}
