package io.varve.it.conform;

import java.net.SocketAddress;
import java.util.function.Function;

/**
 * One way to a server.
 *
 * @param tls makes what secures a connection there, of one of the versions; null if the server has no TLS
 *
 * <p>Immutable.
 */
record Reach(Way way, SocketAddress address, Function<String[], TlsLayer> tls) {

    Wire connect() {
        return Wire.open(address);
    }

    /** @param versions that the client offers, by default all */
    TlsLayer newTls(String... versions) {
        return tls.apply(versions.length > 0 ? versions : new String[] {"TLSv1.3", "TLSv1.2"});
    }

    /** What is needed before options mean something: STARTTLS where the server demands it. */
    Haggle haggle(int clientFlags) {
        Haggle haggle = new Haggle(connect(), clientFlags);
        if (way.isSecure()) {
            haggle.startTls(newTls());
        }
        return haggle;
    }
}
