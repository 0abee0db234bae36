package io.varve.daemon.serve.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.PSKTlsServer;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.TlsSecret;

/**
 * What one handshake with pre-shared keys may end in: TLS 1.3, or 1.2 with an ephemeral exchange, so that a key that
 * is stolen later opens nothing that was recorded.
 *
 * <p>Owned by the channel.
 */
final class PskServer extends PSKTlsServer {

    private static final int[] CIPHER_SUITES = {
        CipherSuite.TLS_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_DHE_PSK_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_DHE_PSK_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
    };

    private final Chosen chosen;

    PskServer(TlsCrypto crypto, PskKeys keys) {
        this(crypto, new Chosen(keys));
    }

    private PskServer(TlsCrypto crypto, Chosen chosen) {
        super(crypto, chosen);
        this.chosen = chosen;
    }

    /** Whose key it was; empty before the handshake is over. */
    String user() {
        return chosen.user;
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
        return new ProtocolVersion[] {ProtocolVersion.TLSv13, ProtocolVersion.TLSv12};
    }

    @Override
    protected int[] getSupportedCipherSuites() {
        return CIPHER_SUITES.clone();
    }

    /** TLS 1.3. The library hands over its identities without a type. */
    @Override
    @SuppressWarnings("rawtypes")
    public TlsPSKExternal getExternalPSK(Vector identities) {
        for (Object identity : identities) {
            byte[] name = ((PskIdentity) identity).getIdentity();
            byte[] key = chosen.getPSK(name);
            if (key != null) {
                TlsSecret secret = getCrypto().createSecret(key);
                return new BasicTlsPSKExternal(name, secret, PRFAlgorithm.tls13_hkdf_sha256);
            }
        }
        return null;
    }

    /** TLS 1.2. Owned by the handshake. */
    private static final class Chosen implements TlsPSKIdentityManager {
        private final PskKeys keys;
        private String user = "";

        Chosen(PskKeys keys) {
            this.keys = keys;
        }

        @Override
        public byte[] getHint() {
            return null;
        }

        @Override
        public byte[] getPSK(byte[] identity) {
            String name = new String(identity, UTF_8);
            byte[] key = keys.of(name);
            if (key != null) {
                user = name;
            }
            return key;
        }
    }
}
