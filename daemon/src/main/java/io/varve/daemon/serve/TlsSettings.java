package io.varve.daemon.serve;

import io.varve.nbd.negotiate.TlsMode;
import java.nio.file.Path;

/**
 * How a listener encrypts.
 *
 * <p>Immutable.
 *
 * @param mode         whether it does
 * @param certificates directory of server-cert.pem, server-key.pem and ca-cert.pem; null: no certificates
 * @param pskFile      pre-shared keys, a line {@code user:hex} for each client; null: none
 * @param verifyPeer   whether a client without a key must show a certificate of the directory's authority
 */
public record TlsSettings(TlsMode mode, Path certificates, Path pskFile, boolean verifyPeer) {

    public static final TlsSettings OFF = new TlsSettings(TlsMode.OFF, null, null, false);

    public TlsSettings {
        if (mode == TlsMode.OFF && (certificates != null || pskFile != null || verifyPeer)) {
            throw new IllegalArgumentException(
                    "certificates or keys for TLS, but TLS is off: turn it on or require it");
        }
        if (mode != TlsMode.OFF && certificates == null && pskFile == null) {
            throw new IllegalArgumentException(
                    "TLS needs a directory of certificates, a file of pre-shared keys, or both");
        }
        if (verifyPeer && certificates == null) {
            throw new IllegalArgumentException(
                    "peers are verified by their certificates: with pre-shared keys, who has a key is who he says");
        }
    }

    public boolean isOff() {
        return mode == TlsMode.OFF;
    }
}
