package io.varve.daemon.serve.tls;

import io.varve.nbd.export.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.bouncycastle.tls.TlsServerProtocol;

/**
 * TLS with a pre-shared key, by Bouncy Castle: the JDK has no such cipher suite. The library keeps parts of records and
 * what it wants to send in queues of its own.
 *
 * <p>Owned by whoever has the connection.
 */
final class PskChannel implements SecureChannel {

    /** Plain bytes of one record. */
    private static final int FRAGMENT_LENGTH = 16 * 1024;

    private final TlsServerProtocol protocol = new TlsServerProtocol();
    private final PskServer server;

    PskChannel(PskServer server) throws IOException {
        this.server = server;
        protocol.accept(server);
    }

    @Override
    public void handshake(ByteBuffer records, ByteBuffer answer) throws IOException {
        // What follows the last record of the handshake is data, and waits in the library.
        if (records.hasRemaining() && protocol.isHandshaking()) {
            try {
                offer(records, records.remaining());
            } catch (IOException e) {
                throw new IOException(server.failure(e), e);
            }
        }
        drain(answer);
    }

    private void offer(ByteBuffer records, int length) throws IOException {
        int position = records.position();
        records.position(position + length);
        try {
            protocol.offerInput(records.array(), records.arrayOffset() + position, length);
        } catch (RuntimeException e) {
            // It concerns this peer alone, whatever the library stumbled over.
            throw new IOException("the peer sends what cannot be read: " + e, e);
        }
    }

    @Override
    public boolean isEstablished() {
        return protocol.isConnected() && !protocol.isHandshaking();
    }

    @Override
    public void decrypt(ByteBuffer records, ByteBuffer plain) throws IOException {
        if (records.hasRemaining() && !protocol.isClosed()) {
            offer(records, records.remaining());
        }
        int length = protocol.getAvailableInputBytes();
        if (length > plain.remaining()) {
            throw new IOException("records hold more than TLS allows");
        }
        protocol.readInput(plain.array(), plain.arrayOffset() + plain.position(), length);
        plain.position(plain.position() + length);
    }

    @Override
    public void encrypt(ByteBuffer plain, ByteBuffer records) throws IOException {
        drain(records);
        while (plain.hasRemaining() && !hasAnswer() && records.remaining() >= RECORD_LENGTH) {
            int length = Math.min(plain.remaining(), FRAGMENT_LENGTH);
            protocol.writeApplicationData(plain.array(), plain.arrayOffset() + plain.position(), length);
            plain.position(plain.position() + length);
            drain(records);
        }
    }

    private void drain(ByteBuffer records) {
        int length = Math.min(protocol.getAvailableOutputBytes(), records.remaining());
        if (length > 0) {
            protocol.readOutput(records.array(), records.arrayOffset() + records.position(), length);
            records.position(records.position() + length);
        }
    }

    @Override
    public boolean hasAnswer() {
        return protocol.getAvailableOutputBytes() > 0;
    }

    @Override
    public boolean isEnded() {
        return protocol.isClosed();
    }

    @Override
    public void end(ByteBuffer records) {
        try {
            protocol.close();
        } catch (IOException e) {
            // The alert of the failure is in the queue already.
            drain(records);
            return;
        }
        drain(records);
    }

    @Override
    public Peer secured(Peer peer) {
        return peer.securedByKey(server.user());
    }
}
