package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.remote.OriginException.Kind;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Where a disk is to be had over HTTP.
 *
 * @param uri           without user and password
 * @param authorization header that says them; empty if the address had none
 *
 * <p>Immutable.
 */
record HttpAddress(URI uri, Optional<String> authorization) {

    private static final int SHOWN_LENGTH = 200;

    /** @throws OriginException REFUSED, if this is no {@code http://} or {@code https://} address of a file */
    static HttpAddress parse(String text) throws OriginException {
        try {
            URI uri = new URI(text);
            if (!isHttp(uri)) {
                throw new OriginException(Kind.REFUSED, shown(text) + " is no http:// or https:// address", null);
            }
            Optional<String> authorization = Optional.ofNullable(uri.getUserInfo()).map(HttpAddress::basic);
            return new HttpAddress(plain(uri), authorization);
        } catch (URISyntaxException e) {
            throw new OriginException(Kind.REFUSED, shown(text) + " is no address: " + e.getReason(), null);
        }
    }

    private static boolean isHttp(URI uri) {
        return uri.getHost() != null
                && ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()));
    }

    /** Part by part as it was written, so that nothing is escaped twice. */
    private static URI plain(URI uri) throws URISyntaxException {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new URI(uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + path
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
    }

    /** RFC 7617. */
    private static String basic(String userInfo) {
        return "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
    }

    /** What stands before an @ may be a password, also in what is no address. */
    static String shown(String text) {
        return Printable.of(text.replaceFirst("//[^/]*@", "//"), SHOWN_LENGTH);
    }

    /** The header, if this is the server that it was meant for. */
    Optional<String> authorizationFor(URI other) {
        boolean same = other.getScheme().equalsIgnoreCase(uri.getScheme())
                && other.getHost().equalsIgnoreCase(uri.getHost())
                && other.getPort() == uri.getPort();
        return same ? authorization : Optional.empty();
    }

    /**
     * Where a server sends us that was asked at {@code from}.
     *
     * @return empty if that is no place to go: another protocol, or from a secret to an open line
     */
    static Optional<URI> redirected(URI from, String location) {
        try {
            URI to = from.resolve(new URI(location));
            boolean opens = "https".equalsIgnoreCase(from.getScheme()) && !"https".equalsIgnoreCase(to.getScheme());
            return isHttp(to) && !opens ? Optional.of(plain(to)) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
