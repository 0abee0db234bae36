package io.varve.it.conform;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS with certificates, by the JDK. The server has to show one for {@code localhost} of the authority of the tests.
 *
 * <p>Owned by the {@link Wire} that it secures.
 */
final class EngineTls implements TlsLayer {

    private static final byte[] NOTHING = {};

    private final SSLEngine engine;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    /** The first part of a record. */
    private byte[] unread = NOTHING;
    private boolean established;
    private boolean ended;

    /** @param protocols of TLS, as the JDK names them */
    EngineTls(SSLContext context, String... protocols) {
        engine = context.createSSLEngine("localhost", 10809);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(protocols);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        try {
            engine.beginHandshake();
            wrap(ByteBuffer.allocate(0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param authority certificate that servers are judged by */
    static SSLContext trusting(Path authority) {
        try (InputStream in = Files.newInputStream(authority)) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public byte[] hear(byte[] records, int length) throws IOException {
        byte[] all = Arrays.copyOf(unread, unread.length + length);
        System.arraycopy(records, 0, all, unread.length, length);
        ByteBuffer in = ByteBuffer.wrap(all);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        SSLEngineResult result;
        do {
            result = engine.unwrap(in, out);
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                out = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize() + out.capacity());
            }
            plain.write(out.array(), 0, out.position());
            out.clear();
            ended |= result.getStatus() == Status.CLOSED;
            after(result);
        } while (result.getStatus() != Status.BUFFER_UNDERFLOW && !ended && mayGoOn(in, result));
        unread = Arrays.copyOfRange(all, in.position(), in.limit());
        return plain.toByteArray();
    }

    private boolean mayGoOn(ByteBuffer in, SSLEngineResult result) {
        return in.hasRemaining() || result.getHandshakeStatus() == HandshakeStatus.NEED_UNWRAP_AGAIN;
    }

    @Override
    public void say(byte[] plain) throws IOException {
        wrap(ByteBuffer.wrap(plain));
    }

    private void wrap(ByteBuffer plain) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        SSLEngineResult result;
        do {
            result = engine.wrap(plain, out);
            output.write(out.array(), 0, out.position());
            out.clear();
            if (result.getStatus() == Status.CLOSED && plain.hasRemaining()) {
                throw new IOException("TLS is closed");
            }
            finish(result);
        } while (result.getStatus() == Status.OK
                && (plain.hasRemaining() || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP));
    }

    private void after(SSLEngineResult result) throws IOException {
        finish(result);
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            wrap(ByteBuffer.allocate(0));
        }
    }

    private void finish(SSLEngineResult result) {
        established |= result.getHandshakeStatus() == HandshakeStatus.FINISHED;
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    @Override
    public byte[] takeOutput() {
        byte[] taken = output.toByteArray();
        output.reset();
        return taken;
    }

    @Override
    public boolean isEstablished() {
        return established;
    }

    @Override
    public boolean isEnded() {
        return ended;
    }

    @Override
    public void end() throws IOException {
        engine.closeOutbound();
        wrap(ByteBuffer.allocate(0));
    }

    @Override
    public String version() {
        return engine.getSession().getProtocol();
    }
}
