package io.varve.daemon.serve.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.daemon.io.Printable;
import java.io.IOException;
import java.util.Arrays;
import java.util.Vector;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.PSKTlsServer;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.TlsUtils;
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

    private static final int NO_ALERT = -1;
    private static final int MAX_SHOWN_LENGTH = 60;

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

    /** Whether a client offers TLS 1.2 with a key; one of TLS 1.3 names its user instead. */
    static boolean isMeant(ClientHello hello) {
        return hello.cipherSuites().stream().anyMatch(suite -> suite != CipherSuite.TLS_AES_128_GCM_SHA256
                && Arrays.stream(CIPHER_SUITES).anyMatch(known -> known == suite));
    }

    /** What went wrong in a handshake that the library gave up. */
    String failure(IOException e) {
        int alert = e instanceof TlsFatalAlert fatal ? fatal.getAlertDescription() : NO_ALERT;
        if (chosen.user.isEmpty() && chosen.unknown != null) {
            return "there is no key of the user '" + Printable.of(chosen.unknown, MAX_SHOWN_LENGTH) + "'";
        }
        if (!chosen.user.isEmpty() && (alert == AlertDescription.decrypt_error
                || alert == AlertDescription.bad_record_mac)) {
            return "the client has another key of the user '" + Printable.of(chosen.user, MAX_SHOWN_LENGTH) + "'";
        }
        if (alert == AlertDescription.handshake_failure || alert == AlertDescription.internal_error) {
            return "the client offers no pre-shared key that can be used here";
        }
        return e.getMessage();
    }

    /** With TLS 1.3 the library asks for it when no key was found; with 1.2, before it looks for one. */
    @Override
    public TlsCredentials getCredentials() throws IOException {
        if (TlsUtils.isTLSv13(context) && chosen.user.isEmpty()) {
            throw new TlsFatalAlert(AlertDescription.unknown_psk_identity);
        }
        return super.getCredentials();
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
        /** Null: nobody. */
        private String unknown;

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
            if (key == null) {
                unknown = name;
            } else {
                user = name;
            }
            return key;
        }
    }
}
