package io.varve.nbd.export;

import java.util.List;

/**
 * Where a client comes from, and what is proven about it.
 *
 * @param transport        of the connection
 * @param address          IPv4 or IPv6 address without port and brackets; empty if it has none
 * @param userId           of the process at the other end, 0 to 2^32-2; {@link #NO_USER} if the transport tells none
 * @param commonName       of a client certificate that was verified; empty if there is none
 * @param alternativeNames subject alternative names of that certificate
 * @param keyUser          whose pre-shared key it proved to have, never the name of a certificate; empty if it did not
 * @param encryption       of what the client says
 */
public record Peer(
        Transport transport,
        String address,
        long userId,
        String commonName,
        List<String> alternativeNames,
        String keyUser,
        Encryption encryption) {

    public static final long NO_USER = -1;

    public Peer {
        alternativeNames = List.copyOf(alternativeNames);
    }

    /** What the socket itself is. */
    public enum Transport {
        UNIX,
        TCP
    }

    /** Whether others can listen in. */
    public enum Encryption {
        PLAIN,
        TLS
    }

    public static Peer unix(long userId) {
        return new Peer(Transport.UNIX, "", userId, "", List.of(), "", Encryption.PLAIN);
    }

    public static Peer tcp(String address) {
        return new Peer(Transport.TCP, address, NO_USER, "", List.of(), "", Encryption.PLAIN);
    }

    /**
     * The same client after a TLS handshake with certificates.
     *
     * @param name  common name of its certificate; empty if it showed none
     * @param names subject alternative names of its certificate
     */
    public Peer secured(String name, List<String> names) {
        return new Peer(transport, address, userId, name, names, "", Encryption.TLS);
    }

    /** The same client after a TLS handshake with the key of {@code user}. */
    public Peer securedByKey(String user) {
        return new Peer(transport, address, userId, "", List.of(), user, Encryption.TLS);
    }

    public boolean isSecure() {
        return encryption == Encryption.TLS;
    }
}
