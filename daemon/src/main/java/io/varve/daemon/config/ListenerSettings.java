package io.varve.daemon.config;

import io.varve.daemon.serve.ListenAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A {@code [[listener]]}.
 *
 * @param address    where to listen
 * @param mode       permission bits of the socket file, 0 to 0777; empty: what the process makes
 * @param tls        whether clients may, or must, encrypt
 * @param secrets    what TLS is done with
 * @param verifyPeer whether a client has to show a certificate that was signed by one that is trusted
 */
public record ListenerSettings(
        ListenAddress address, OptionalInt mode, Tls tls, Secrets secrets, boolean verifyPeer) {

    /** As in the file. */
    public enum Tls {
        OFF,
        ON,
        REQUIRE
    }

    /**
     * At least one of the two, where there is TLS.
     *
     * @param certificates directory of the server's certificate and key
     * @param psk          file of keys that were shared before
     */
    public record Secrets(Optional<Path> certificates, Optional<Path> psk) {

        boolean isEmpty() {
            return certificates.isEmpty() && psk.isEmpty();
        }
    }
}
