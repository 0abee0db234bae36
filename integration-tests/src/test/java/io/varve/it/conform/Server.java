package io.varve.it.conform;

import java.net.SocketAddress;

/**
 * A server under test: a running process, one way to reach it, and what it serves.
 *
 * <p>Immutable; the process ends with the test run.
 */
final class Server {

    /** Who it is. */
    enum Peer {
        VARVE,
        NBDKIT,
        QEMU_NBD
    }

    private final Peer peer;
    private final String way;
    private final SocketAddress address;
    private final SocketAddress readOnlyAddress;
    private int sharedCount;

    /** @param readOnlyAddress where the same names are exported without writing */
    Server(Peer peer, String way, SocketAddress address, SocketAddress readOnlyAddress) {
        this.peer = peer;
        this.way = way;
        this.address = address;
        this.readOnlyAddress = readOnlyAddress;
    }

    Peer peer() {
        return peer;
    }

    /** An export that can be written, holds at least 64 MiB, and is nobody else's while a test runs. */
    String export() {
        return "disk";
    }

    /** An export that several connections see as one. */
    String shared() {
        return peer == Peer.VARVE ? "disk@c" + way + sharedCount++ : export();
    }

    /** An export that does not exist. */
    String unknown() {
        return "nowhere";
    }

    Wire connect() {
        return Wire.open(address);
    }

    Haggle haggle() {
        return haggle(Nbd.FIXED_NEWSTYLE | Nbd.NO_ZEROES);
    }

    Haggle haggle(int clientFlags) {
        return new Haggle(connect(), clientFlags);
    }

    Haggle haggleReadOnly() {
        return new Haggle(Wire.open(readOnlyAddress), Nbd.FIXED_NEWSTYLE | Nbd.NO_ZEROES);
    }

    /** Transmission with simple replies. */
    Link simple() {
        return haggle().go(export());
    }

    /** Transmission with structured replies, and every context of the list. */
    Link structured(String... contexts) {
        return structured(export(), contexts);
    }

    Link structured(String export, String[] contexts) {
        Haggle haggle = haggle();
        if (!haggle.structured()) {
            throw new AssertionError(this + " refused structured replies");
        }
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
        return peer + " over " + way;
    }
}
