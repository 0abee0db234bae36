package io.varve.daemon.serve.tls;

import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts as another does, and says in plain words why it does not; but does not tell clients which authorities: GnuTLS
 * keeps its certificate back when it does not find its issuer in the list, byte for byte.
 *
 * <p>Thread-safe because what it asks is.
 */
final class QuietTrust extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager trust;
    private final Path authority;

    /** @param authority file of the authorities, for messages */
    QuietTrust(X509ExtendedTrustManager trust, Path authority) {
        this.trust = trust;
        this.authority = authority;
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        try {
            trust.checkClientTrusted(chain, type, engine);
        } catch (CertificateException e) {
            throw new CertificateException(RefusedCertificate.reason(chain[0], authority, e), e);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        trust.checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        trust.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        trust.checkServerTrusted(chain, type, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        trust.checkServerTrusted(chain, type, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        trust.checkServerTrusted(chain, type);
    }
}
