package io.varve.daemon.cli;

import io.varve.nbd.negotiate.TlsMode;

/**
 * URIs that other NBD programs understand (the NBD URI specification).
 *
 * <p>Immutable.
 */
final class NbdUri {

    private static final String UNIX = "unix://";
    private static final String TCP = "tcp://";

    private NbdUri() {}

    /**
     * @param address {@code unix:///path} or {@code tcp://host:port}
     * @param export  empty for the default export
     */
    static String of(String address, String export) {
        return of(address, export, TlsMode.OFF);
    }

    /** @param tls of the listener; where it is a must, the URI makes the client encrypt */
    static String of(String address, String export, TlsMode tls) {
        String scheme = tls == TlsMode.REQUIRE ? "nbds" : "nbd";
        if (address.startsWith(UNIX)) {
            return scheme + "+unix:///" + export + "?socket=" + escaped(address.substring(UNIX.length()));
        }
        return scheme + "://" + address.substring(TCP.length()) + (export.isEmpty() ? "" : "/" + export);
    }

    /** Everything but what a path in a query may hold as it is (RFC 3986). */
    private static String escaped(String path) {
        StringBuilder text = new StringBuilder();
        for (byte b : path.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || "/-._~@:".indexOf(c) >= 0);
            text.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return text.toString();
    }
}
