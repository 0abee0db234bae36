package io.varve.daemon.serve;

import io.varve.nbd.negotiate.Negotiator;
import io.varve.shim.socket.Connection;

/**
 * A connection that negotiates.
 *
 * <p>Owned by the HandshakeAgent; while {@code busy}, one worker uses the negotiator.
 */
final class Handshake {

    private static final byte[] NOTHING = {};

    final Connection socket;
    final int token;
    final Negotiator negotiator;
    final long deadlineNs;

    /** A worker is at it; nothing is received meanwhile. */
    boolean busy;
    /** The peer is gone or too slow; whoever finishes next cleans up. */
    boolean cancelled;

    Negotiator.Outcome outcome = Negotiator.Outcome.CONTINUE;
    private byte[] output = NOTHING;
    private int sent;

    Handshake(Connection socket, int token, Negotiator negotiator, long deadlineNs) {
        this.socket = socket;
        this.token = token;
        this.negotiator = negotiator;
        this.deadlineNs = deadlineNs;
    }

    void queueOutput(byte[] bytes) {
        assert isSent() : "output is queued only when the previous one is sent";
        output = bytes;
        sent = 0;
    }

    byte[] output() {
        return output;
    }

    int sent() {
        return sent;
    }

    void advance(int length) {
        sent += length;
    }

    boolean isSent() {
        return sent == output.length;
    }
}
