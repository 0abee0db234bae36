package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.remote.OriginException.Kind;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.util.stream.Stream;

/**
 * Where an NBD server is to be found, and the export on it (the NBD URI specification, NetworkBlockDevice/nbd
 * doc/uri.md).
 *
 * @param name     for messages
 * @param unixPath of the socket; empty if the server is reached over TCP
 * @param host     over TCP, else empty
 * @param port     over TCP
 * @param export   empty for the default export
 *
 * <p>Immutable.
 */
record NbdAddress(String name, String unixPath, String host, int port, String export) {

    private static final int DEFAULT_PORT = 10809;
    private static final int SHOWN_LENGTH = 200;
    private static final String SOCKET = "socket=";

    /** @throws OriginException REFUSED, if this is no {@code nbd://} or {@code nbd+unix://} address */
    static NbdAddress parse(String text) throws OriginException {
        try {
            URI uri = new URI(text);
            String scheme = String.valueOf(uri.getScheme());
            String path = uri.getPath() == null ? "" : uri.getPath();
            String export = path.startsWith("/") ? path.substring(1) : path;
            return switch (scheme) {
                case "nbd" -> tcp(uri, export);
                case "nbd+unix" -> new NbdAddress(text, socket(uri), "", 0, export);
                case "nbds", "nbds+unix" -> throw refused(text, "asks for TLS, which origins do not have");
                default -> throw refused(text, "is no nbd:// or nbd+unix:// address");
            };
        } catch (URISyntaxException e) {
            throw refused(text, "is no address: " + e.getReason());
        }
    }

    private static NbdAddress tcp(URI uri, String export) throws OriginException {
        if (uri.getHost() == null) {
            throw refused(uri.toString(), "names no server");
        }
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        String host = uri.getHost();
        // Without a user, who has no part in the protocol and may be a password.
        return new NbdAddress("nbd://" + host + ":" + port + "/" + export, "", unbracketed(host), port, export);
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String socket(URI uri) throws OriginException {
        String query = uri.getQuery() == null ? "" : uri.getQuery();
        return Stream.of(query.split("&"))
                .filter(part -> part.startsWith(SOCKET) && part.length() > SOCKET.length())
                .map(part -> part.substring(SOCKET.length()))
                .findFirst()
                .orElseThrow(() -> refused(uri.toString(), "names no socket: add ?socket=PATH"));
    }

    private static OriginException refused(String text, String why) {
        String plain = text.replaceFirst("//[^/]*@", "//");
        return new OriginException(Kind.REFUSED, Printable.of(plain, SHOWN_LENGTH) + " " + why, null);
    }

    /** Looks the host up, anew each time, because a server may move. */
    SocketAddress resolve() throws UnknownHostException {
        if (!unixPath.isEmpty()) {
            try {
                return UnixDomainSocketAddress.of(unixPath);
            } catch (InvalidPathException e) {
                throw new UnknownHostException("no path of a socket: " + e.getReason());
            }
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException("no such host");
        }
        return address;
    }
}
