package io.varve.daemon.serve;

import java.nio.file.Path;

/**
 * Where to listen: {@code unix:///path} or {@code tcp://host:port}.
 *
 * <p>Immutable.
 */
public sealed interface ListenAddress {

    /** Default NBD port, assigned by IANA. */
    int NBD_PORT = 10809;

    /** @param path of the socket file */
    record Unix(Path path) implements ListenAddress {
        @Override
        public String toString() {
            return "unix://" + path.toAbsolutePath();
        }
    }

    /**
     * @param host name or address; an IPv6 address without brackets
     * @param port 0 lets the system choose
     */
    record Tcp(String host, int port) implements ListenAddress {
        @Override
        public String toString() {
            return "tcp://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** @param fd descriptor of a socket that listens already, passed by whoever started this process */
    record Inherited(int fd) implements ListenAddress {
        @Override
        public String toString() {
            return "descriptor " + fd;
        }
    }

    /** @throws IllegalArgumentException with one line that says what is wrong with {@code uri} and what is allowed */
    static ListenAddress parse(String uri) {
        if (uri.startsWith("unix://") && uri.length() > "unix://".length()) {
            return new Unix(Path.of(uri.substring("unix://".length())));
        }
        if (uri.startsWith("tcp://")) {
            return parseTcp(uri, uri.substring("tcp://".length()));
        }
        throw malformed(uri);
    }

    private static Tcp parseTcp(String uri, String address) {
        int hostEnd = address.startsWith("[") ? address.indexOf(']') + 1 : address.indexOf(':');
        if (hostEnd == 0 || address.isEmpty()) {
            throw malformed(uri);
        }
        if (hostEnd < 0 || hostEnd == address.length()) {
            return new Tcp(unbracketed(address), NBD_PORT);
        }
        String port = address.substring(hostEnd + 1);
        if (address.charAt(hostEnd) != ':' || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
            throw malformed(uri);
        }
        return new Tcp(unbracketed(address.substring(0, hostEnd)), Integer.parseInt(port));
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static IllegalArgumentException malformed(String uri) {
        return new IllegalArgumentException(
                "cannot listen on " + uri + ": use unix:///path or tcp://host:port, port 0 to 65535");
    }
}
