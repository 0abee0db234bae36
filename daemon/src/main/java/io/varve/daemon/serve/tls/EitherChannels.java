package io.varve.daemon.serve.tls;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Channels of a listener with certificates and pre-shared keys: each client gets the one that it asks for.
 *
 * <p>Thread-safe because both that it has are.
 */
final class EitherChannels implements SecureChannels {

    private final CertificateChannels certificates;
    private final PskChannels keys;

    EitherChannels(Path directory, Path file, boolean verifyPeer) throws IOException {
        certificates = new CertificateChannels(directory, verifyPeer);
        keys = new PskChannels(file);
    }

    @Override
    public SecureChannel open() {
        return new EitherChannel(this::choose);
    }

    /**
     * Who offers a cipher suite with pre-shared keys wants to be known by one, and a client of TLS 1.3 alone by the
     * user that it names. Identities that are no users are tickets, which only clients with certificates have. A wrong
     * guess opens nothing: either channel asks for its own proof.
     */
    private SecureChannel choose(ClientHello hello) throws IOException {
        return PskServer.isMeant(hello) || keys.hasUserOf(hello) ? keys.open() : certificates.open();
    }
}
