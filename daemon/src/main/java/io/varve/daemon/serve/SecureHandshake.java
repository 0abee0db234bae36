package io.varve.daemon.serve;

import io.varve.daemon.serve.tls.SecureChannel;
import io.varve.nbd.export.Peer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * TLS of a connection from the first record until it moves to its agent: the handshake, and the rest of the
 * negotiation inside it. Allocates as it likes; the deadline and the limits of handshakes bound what it holds.
 *
 * <p>Owned by the handshake, and used by one worker at a time.
 */
final class SecureHandshake {

    private static final int ANSWER_LENGTH = 2 * SecureChannel.RECORD_LENGTH;

    private final SecureChannel channel;
    /** The first part of a record. */
    private byte[] unread = {};
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    SecureHandshake(SecureChannel channel) {
        this.channel = channel;
    }

    /**
     * @return what the client said inside, often nothing
     * @throws IOException if the peer breaks TLS or is refused; the output is an alert then
     */
    byte[] receive(byte[] received) throws IOException {
        byte[] all = Arrays.copyOf(unread, unread.length + received.length);
        System.arraycopy(received, 0, all, unread.length, received.length);
        ByteBuffer records = ByteBuffer.wrap(all);
        ByteBuffer plain = ByteBuffer.allocate(all.length + SecureChannel.RECORD_LENGTH);
        try {
            shakeHands(records);
            if (channel.isEstablished()) {
                channel.decrypt(records, plain);
                say(new byte[0]);
            }
        } catch (IOException e) {
            end();
            throw e;
        }
        unread = Arrays.copyOfRange(all, records.position(), records.limit());
        return Arrays.copyOf(plain.array(), plain.position());
    }

    private void shakeHands(ByteBuffer records) throws IOException {
        if (channel.isEstablished()) {
            return;
        }
        int written;
        do {
            ByteBuffer answer = ByteBuffer.allocate(ANSWER_LENGTH);
            channel.handshake(records, answer);
            written = answer.position();
            output.write(answer.array(), 0, written);
        } while (written > 0 && channel.hasAnswer());
    }

    /** Encrypts, and adds to the output. */
    void say(byte[] plain) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(plain);
        int written = 1;
        while (written > 0 && (rest.hasRemaining() || channel.hasAnswer())) {
            ByteBuffer records = ByteBuffer.allocate(ANSWER_LENGTH);
            channel.encrypt(rest, records);
            written = records.position();
            output.write(records.array(), 0, written);
        }
    }

    void end() {
        ByteBuffer records = ByteBuffer.allocate(ANSWER_LENGTH);
        channel.end(records);
        output.write(records.array(), 0, records.position());
    }

    byte[] takeOutput() {
        byte[] taken = output.toByteArray();
        output.reset();
        return taken;
    }

    boolean isEstablished() {
        return channel.isEstablished();
    }

    /** Whether the peer has said that it leaves. */
    boolean isEnded() {
        return channel.isEnded();
    }

    Peer secured(Peer peer) {
        return channel.secured(peer);
    }

    SecureChannel channel() {
        return channel;
    }

    byte[] unread() {
        return unread;
    }
}
