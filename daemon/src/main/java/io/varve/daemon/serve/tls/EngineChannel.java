package io.varve.daemon.serve.tls;

import io.varve.nbd.export.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * TLS with certificates, by the JDK's engine.
 *
 * <p>Owned by whoever has the connection.
 */
final class EngineChannel implements SecureChannel {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private boolean established;
    private boolean ended;

    EngineChannel(SSLEngine engine) throws SSLException {
        this.engine = engine;
        engine.beginHandshake();
    }

    @Override
    public void handshake(ByteBuffer records, ByteBuffer answer) throws IOException {
        try {
            proceed(records, answer);
        } catch (SSLException e) {
            throw new SSLException(EngineFailure.reason(e), e);
        }
    }

    private void proceed(ByteBuffer records, ByteBuffer answer) throws SSLException {
        while (!ended && !established) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> {
                    if (answer.remaining() < RECORD_LENGTH) {
                        return;
                    }
                    ended = engine.wrap(NOTHING, answer).getStatus() == Status.CLOSED;
                }
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!records.hasRemaining() || !unwrap(records, NOTHING)) {
                        return;
                    }
                }
                default -> established = true;
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** @return whether there is more to do */
    private boolean unwrap(ByteBuffer records, ByteBuffer plain) throws SSLException {
        SSLEngineResult result = engine.unwrap(records, plain);
        if (result.getStatus() == Status.BUFFER_OVERFLOW) {
            throw new SSLException("a record is longer than TLS allows");
        }
        ended = result.getStatus() == Status.CLOSED;
        return !ended && result.getStatus() == Status.OK;
    }

    @Override
    public boolean isEstablished() {
        return established;
    }

    @Override
    public void decrypt(ByteBuffer records, ByteBuffer plain) throws IOException {
        while (!ended && records.hasRemaining()) {
            int before = records.remaining();
            if (!unwrap(records, plain) || records.remaining() == before) {
                break;
            }
            if (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                // Its signature would stall every client of the agent.
                throw new SSLException("renegotiation is not offered");
            }
        }
    }

    @Override
    public void encrypt(ByteBuffer plain, ByteBuffer records) throws IOException {
        while (records.remaining() >= RECORD_LENGTH && (plain.hasRemaining() || hasAnswer())) {
            SSLEngineResult result = engine.wrap(plain, records);
            if (result.getStatus() != Status.OK) {
                if (plain.hasRemaining()) {
                    throw new SSLException("the peer takes no more data");
                }
                return;
            }
        }
    }

    @Override
    public boolean hasAnswer() {
        return engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP;
    }

    @Override
    public boolean isEnded() {
        return ended;
    }

    @Override
    public void end(ByteBuffer records) {
        engine.closeOutbound();
        try {
            while (hasAnswer() && records.remaining() >= RECORD_LENGTH) {
                if (engine.wrap(NOTHING, records).getStatus() != Status.OK) {
                    return;
                }
            }
        } catch (SSLException e) {
            // Whatever was to be said, the peer will not hear it.
            return;
        }
    }

    @Override
    public Peer secured(Peer peer) {
        try {
            return CertificateNames.secured(peer, (X509Certificate) engine.getSession().getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException e) {
            return peer.secured("", List.of());
        }
    }
}
