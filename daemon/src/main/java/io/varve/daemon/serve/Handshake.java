package io.varve.daemon.serve;

import io.varve.daemon.serve.tls.SecureChannels;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.Peer;
import io.varve.nbd.negotiate.Negotiator;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.shim.socket.Connection;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

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
    private final SecureChannels channels;
    final long deadlineNs;

    /** A worker is at it; nothing is received meanwhile. */
    boolean busy;
    /** The peer is gone or too slow; whoever finishes next cleans up. */
    boolean cancelled;

    Outcome outcome = Outcome.CONTINUE;
    private SecureHandshake secure;
    private byte[] output = NOTHING;
    private int sent;

    /** @param channels null if the listener has no TLS */
    Handshake(Connection socket, int token, Negotiator negotiator, SecureChannels channels, long deadlineNs) {
        this.socket = socket;
        this.token = token;
        this.negotiator = negotiator;
        this.channels = channels;
        this.deadlineNs = deadlineNs;
    }

    /**
     * On a worker: takes what was received.
     *
     * @param directory whatever anybody may see; TLS narrows it down to the client
     * @throws IOException if TLS fails; {@link #takeOutput} has the alert then
     */
    Outcome step(byte[] received, ExportDirectory directory, Peer peer) throws IOException {
        if (outcome != Outcome.START_TLS && secure == null) {
            return negotiator.onBytes(new UnsafeBuffer(received), 0, received.length);
        }
        if (secure == null) {
            secure = new SecureHandshake(channels.open());
        }
        boolean before = secure.isEstablished();
        byte[] plain = secure.receive(received);
        if (!before && secure.isEstablished()) {
            negotiator.secured(directory.forPeer(secure.secured(peer)));
        }
        if (!secure.isEstablished()) {
            return secure.isEnded() ? Outcome.CLOSE : Outcome.CONTINUE;
        }
        Outcome result = plain.length == 0
                ? Outcome.CONTINUE : negotiator.onBytes(new UnsafeBuffer(plain), 0, plain.length);
        secure.say(negotiator.takeOutput());
        boolean leaves = result == Outcome.CLOSE || result == Outcome.CONTINUE && secure.isEnded();
        if (leaves) {
            secure.end();
        }
        return leaves ? Outcome.CLOSE : result;
    }

    /** What the last step wants to be sent. */
    byte[] takeOutput() {
        return secure == null ? negotiator.takeOutput() : secure.takeOutput();
    }

    /** Null without TLS. */
    SecureHandshake secure() {
        return secure;
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
