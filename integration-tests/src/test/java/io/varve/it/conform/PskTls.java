package io.varve.it.conform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.BasicTlsPSKIdentity;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.PSKTlsClient;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsPSKIdentity;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;

/**
 * TLS with a pre-shared key, by Bouncy Castle; the JDK has none.
 *
 * <p>Owned by the {@link Wire} that it secures.
 */
final class PskTls implements TlsLayer {

    private final TlsClientProtocol protocol = new TlsClientProtocol();
    private final Client client;

    /** @param versions of TLS, as the JDK names them */
    PskTls(String user, byte[] key, String... versions) {
        client = new Client(new BasicTlsPSKIdentity(user, key), List.of(versions));
        try {
            protocol.connect(client);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public byte[] hear(byte[] records, int length) throws IOException {
        protocol.offerInput(records, 0, length);
        byte[] plain = new byte[protocol.getAvailableInputBytes()];
        protocol.readInput(plain, 0, plain.length);
        return plain;
    }

    @Override
    public void say(byte[] plain) throws IOException {
        protocol.writeApplicationData(plain, 0, plain.length);
    }

    @Override
    public byte[] takeOutput() {
        byte[] taken = new byte[protocol.getAvailableOutputBytes()];
        protocol.readOutput(taken, 0, taken.length);
        return taken;
    }

    @Override
    public boolean isEstablished() {
        return protocol.isConnected() && !protocol.isHandshaking();
    }

    @Override
    public boolean isEnded() {
        return protocol.isClosed();
    }

    @Override
    public String version() {
        return client.version.isLaterVersionOf(ProtocolVersion.TLSv12) ? "TLSv1.3" : "TLSv1.2";
    }

    @Override
    public void end() throws IOException {
        protocol.close();
    }

    /** Owned by the protocol. */
    private static final class Client extends PSKTlsClient {

        private final TlsPSKIdentity identity;
        private final List<String> versions;
        private ProtocolVersion version;

        Client(TlsPSKIdentity identity, List<String> versions) {
            super(new JcaTlsCryptoProvider().create(new SecureRandom()), identity);
            this.identity = identity;
            this.versions = versions;
        }

        // The constructor above calls none of these.
        @Override
        protected ProtocolVersion[] getSupportedVersions() {
            return versions.stream()
                    .map(name -> name.equals("TLSv1.3") ? ProtocolVersion.TLSv13 : ProtocolVersion.TLSv12)
                    .toArray(ProtocolVersion[]::new);
        }

        @Override
        protected int[] getSupportedCipherSuites() {
            int[] old = super.getSupportedCipherSuites();
            int[] all = Arrays.copyOf(old, old.length + 1);
            all[old.length] = CipherSuite.TLS_AES_128_GCM_SHA256;
            return all;
        }

        @Override
        @SuppressWarnings({"rawtypes", "unchecked"})
        public Vector getExternalPSKs() {
            Vector keys = new Vector();
            keys.add(new BasicTlsPSKExternal(identity.getPSKIdentity(), getCrypto().createSecret(identity.getPSK()),
                    PRFAlgorithm.tls13_hkdf_sha256));
            return keys;
        }

        @Override
        public void notifyServerVersion(ProtocolVersion chosen) throws IOException {
            super.notifyServerVersion(chosen);
            version = chosen;
        }
    }
}
