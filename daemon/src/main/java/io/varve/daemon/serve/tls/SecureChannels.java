package io.varve.daemon.serve.tls;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes the channels of a listener. Credentials are read when the listener opens, and again when their files have
 * changed; connections that exist keep what they began with.
 *
 * <p>Thread-safe because implementations read what they share once for each channel.
 */
public interface SecureChannels {

    /** For one connection that was just told to begin TLS. */
    SecureChannel open() throws IOException;

    /**
     * @param directory  of server-cert.pem, server-key.pem and ca-cert.pem
     * @param verifyPeer whether the client must show a certificate; else it may
     * @throws IOException with one line that says which file is wrong, and how
     */
    static SecureChannels ofCertificates(Path directory, boolean verifyPeer) throws IOException {
        return new CertificateChannels(directory, verifyPeer);
    }

    /**
     * Both at once; a client that offers neither a known user nor a cipher suite for keys is one for certificates.
     *
     * @param verifyPeer whether a client without a key must show a certificate; else it may
     */
    static SecureChannels ofBoth(Path directory, Path file, boolean verifyPeer) throws IOException {
        return new EitherChannels(directory, file, verifyPeer);
    }

    /**
     * @param file of lines {@code user:hex}
     * @throws IOException with one line that says what is wrong with it
     */
    static SecureChannels ofPsk(Path file) throws IOException {
        return new PskChannels(file);
    }
}
