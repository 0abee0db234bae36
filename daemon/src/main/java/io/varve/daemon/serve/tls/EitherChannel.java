package io.varve.daemon.serve.tls;

import io.varve.nbd.export.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * TLS with certificates or with a pre-shared key, whichever the client's first message is about.
 *
 * <p>Owned by whoever has the connection.
 */
final class EitherChannel implements SecureChannel {

    /** Makes the channel that a client wants. */
    @FunctionalInterface
    interface Choice {
        SecureChannel open(ClientHello hello) throws IOException;
    }

    private final Choice choice;
    /** Null until the first message is there. */
    private SecureChannel chosen;

    EitherChannel(Choice choice) {
        this.choice = choice;
    }

    @Override
    public void handshake(ByteBuffer records, ByteBuffer answer) throws IOException {
        if (chosen == null) {
            Optional<ClientHello> hello = ClientHello.peek(records);
            if (hello.isEmpty() && records.remaining() > RECORD_LENGTH) {
                // In records of a few bytes each it would be copied again and again.
                throw new SSLException("the first message of the client comes in too many pieces");
            }
            if (hello.isEmpty()) {
                return;
            }
            chosen = choice.open(hello.get());
        }
        chosen.handshake(records, answer);
    }

    @Override
    public boolean isEstablished() {
        return chosen != null && chosen.isEstablished();
    }

    @Override
    public void decrypt(ByteBuffer records, ByteBuffer plain) throws IOException {
        chosen.decrypt(records, plain);
    }

    @Override
    public void encrypt(ByteBuffer plain, ByteBuffer records) throws IOException {
        chosen.encrypt(plain, records);
    }

    @Override
    public boolean hasAnswer() {
        return chosen != null && chosen.hasAnswer();
    }

    @Override
    public boolean isEnded() {
        return chosen != null && chosen.isEnded();
    }

    @Override
    public void end(ByteBuffer records) {
        if (chosen != null) {
            chosen.end(records);
        }
    }

    @Override
    public Peer secured(Peer peer) {
        return chosen.secured(peer);
    }
}
