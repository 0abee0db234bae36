package io.varve.daemon.serve.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Channels with certificates of one directory, in the layout that nbdkit, QEMU and libnbd share.
 *
 * <p>Thread-safe because what it shares is immutable once loaded.
 */
final class CertificateChannels implements SecureChannels {

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final char[] NO_PASSWORD = {};
    /** The least that the JDK takes. */
    private static final int SESSION_SECONDS = 1;

    private final Path authority;
    private final Path certificate;
    private final Path key;
    private final boolean verifyPeer;
    private final Reloaded<Loaded> loaded;

    CertificateChannels(Path directory, boolean verifyPeer) throws IOException {
        this.authority = directory.resolve("ca-cert.pem");
        this.certificate = directory.resolve("server-cert.pem");
        this.key = directory.resolve("server-key.pem");
        this.verifyPeer = verifyPeer;
        this.loaded = new Reloaded<>(List.of(certificate, key, authority), this::load);
    }

    @Override
    public SecureChannel open() throws IOException {
        Loaded now = loaded.get();
        SSLEngine engine = now.context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setEnabledProtocols(PROTOCOLS);
        if (verifyPeer) {
            engine.setNeedClientAuth(true);
        } else {
            engine.setWantClientAuth(now.knowsAuthority);
        }
        return new EngineChannel(engine);
    }

    private Loaded load() throws IOException {
        List<X509Certificate> chain = Pem.certificates(certificate);
        // Clients would refuse it, and blame the network: qemu-nbd does not start either.
        Validity.require(certificate, chain.get(0));
        PrivateKey privateKey = Pem.privateKey(key, chain.get(0).getPublicKey());
        requirePair(privateKey, chain.get(0).getPublicKey());
        // Without it nobody can be verified, and where nobody must be, the file may be missing.
        boolean knowsAuthority = verifyPeer || Files.exists(authority);
        TrustManager[] trust = knowsAuthority ? trust(Pem.certificates(authority)) : new TrustManager[0];
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry("server", privateKey, NO_PASSWORD, chain.toArray(new X509Certificate[0]));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust, null);
            // A client that comes back shows its certificate again: it may have expired, or a rule may have changed.
            context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
            return new Loaded(context, knowsAuthority);
        } catch (GeneralSecurityException e) {
            throw new IOException(certificate + " cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    private TrustManager[] trust(List<X509Certificate> authorities) throws IOException {
        List<X509Certificate> valid = Validity.select(authority, authorities);
        try {
            KeyStore store = emptyStore();
            for (int i = 0; i < valid.size(); i++) {
                store.setCertificateEntry("authority-" + i, valid.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            X509ExtendedTrustManager manager = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
            return new TrustManager[] {new QuietTrust(manager, authority)};
        } catch (GeneralSecurityException e) {
            throw new IOException(authority + " cannot be used to verify clients: " + e.getMessage(), e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** A signature by one that the other accepts says that they belong together, whatever the algorithm. */
    private void requirePair(PrivateKey privateKey, PublicKey publicKey) throws IOException {
        String algorithm = switch (publicKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> publicKey.getAlgorithm();
        };
        byte[] message = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(message);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(message);
            if (signature.verify(signed)) {
                return;
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(key + " cannot sign for " + certificate + ": " + e.getMessage(), e);
        }
        throw new IOException(key + " is not the key of " + certificate + ": use the two that were made together");
    }

    private record Loaded(SSLContext context, boolean knowsAuthority) {}
}
