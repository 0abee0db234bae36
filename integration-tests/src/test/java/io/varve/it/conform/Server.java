package io.varve.it.conform;

import io.varve.it.conform.Link.Style;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * A server under test: a running process, one way to reach it, one style of replies, and what it serves.
 *
 * <p>Immutable; the process ends with the test run.
 */
final class Server {

    private static final AtomicInteger SHARED = new AtomicInteger();

    private final Peer peer;
    private final LongSupplier pid;
    private final Reach reach;
    private final Reach readOnly;
    private final Style style;

    /**
     * @param pid      of the process, which may be another when it had to be started again
     * @param readOnly where {@link #frozen()} is
     */
    Server(Peer peer, LongSupplier pid, Reach reach, Reach readOnly) {
        this(peer, pid, reach, readOnly, Style.SIMPLE);
    }

    private Server(Peer peer, LongSupplier pid, Reach reach, Reach readOnly, Style style) {
        this.peer = peer;
        this.pid = pid;
        this.reach = reach;
        this.readOnly = readOnly;
        this.style = style;
    }

    /** The same with another style of replies. */
    Server in(Style other) {
        return new Server(peer, pid, reach, readOnly, other);
    }

    Peer peer() {
        return peer;
    }

    long pid() {
        return pid.getAsLong();
    }

    Way way() {
        return reach.way();
    }

    Style style() {
        return style;
    }

    /** A TLS of the client for one more connection. */
    TlsLayer tls(String... versions) {
        return reach.newTls(versions);
    }

    /** An export that can be written, holds 64 MiB, and is nobody else's while a test runs. */
    String export() {
        return "disk";
    }

    /** An export that several connections see as one. */
    String shared() {
        return peer == Peer.VARVE ? "disk@c" + SHARED.incrementAndGet() : export();
    }

    /** An export that can only be read, see {@link #haggleReadOnly}. */
    String frozen() {
        return peer == Peer.VARVE ? "frozen" : export();
    }

    /** An export of 5 GiB, all of it zero. Peers have none. */
    String large() {
        return "large";
    }

    /** An export that does not exist. */
    String unknown() {
        return "nowhere";
    }

    /** Flags with which a client can get through the handshake. */
    int[] clientFlags() {
        // Plain newstyle has no STARTTLS.
        return way().isSecure() ? new int[] {1, 3} : new int[] {0, 1, 2, 3};
    }

    /** A connection on which nothing was said yet. */
    Wire connect() {
        return reach.connect();
    }

    /** Behind the flags of the client: STARTTLS where the server demands it. */
    void secure(Wire wire) {
        if (way().isSecure()) {
            wire.send(Bytes.option(Nbd.OPT_STARTTLS, new byte[0]));
            byte[] answer = wire.receive(20, "the answer to STARTTLS");
            if (Bytes.view(answer).getInt(12) != Nbd.ACK) {
                throw new AssertionError("STARTTLS was answered with " + Bytes.hex(answer));
            }
            wire.secure(tls());
        }
    }

    Haggle haggle() {
        return haggle(Nbd.FIXED_NEWSTYLE | Nbd.NO_ZEROES);
    }

    Haggle haggle(int clientFlags) {
        return reach.haggle(clientFlags);
    }

    /** Without TLS, whatever the server thinks of that. */
    Haggle plain() {
        return new Haggle(connect(), Nbd.FIXED_NEWSTYLE | Nbd.NO_ZEROES);
    }

    Haggle haggleReadOnly() {
        return readOnly.haggle(Nbd.FIXED_NEWSTYLE | Nbd.NO_ZEROES);
    }

    /** Transmission in the style of this run, with every context of the list. */
    Link link(String... contexts) {
        return link(style, export(), contexts);
    }

    /** Transmission with simple replies. */
    Link simple() {
        return link(Style.SIMPLE, export());
    }

    /** Transmission with structured replies, and every context of the list. */
    Link structured(String... contexts) {
        return link(Style.STRUCTURED, export(), contexts);
    }

    Link link(Style wanted, String export, String... contexts) {
        Haggle haggle = haggle().in(wanted);
        if (contexts.length > 0) {
            haggle.select(export, contexts);
        }
        return haggle.go(export);
    }

    /** The server serves newcomers. */
    void expectAlive() {
        try (Link link = simple()) {
            link.expectUsable();
            link.disconnect();
        }
    }

    @Override
    public String toString() {
        return peer + " over " + way();
    }
}
