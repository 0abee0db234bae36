package io.varve.daemon.serve.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and private keys in text (RFC 7468). What stands between the blocks is a comment.
 *
 * <p>Thread-safe because it has no state.
 */
final class Pem {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    private Pem() {}

    /** @return at least one, in the order of the file */
    static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        Matcher block = BLOCK.matcher(SecretFile.read(file));
        while (block.find()) {
            if (block.group(1).endsWith("CERTIFICATE")) {
                certificates.add(certificate(file, bytes(file, block.group(2))));
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + " has no certificate: it must begin with -----BEGIN CERTIFICATE-----");
        }
        return certificates;
    }

    private static X509Certificate certificate(Path file, byte[] encoded) throws IOException {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
        } catch (CertificateException e) {
            throw new IOException(file + " has a certificate that cannot be read: make it again", e);
        }
    }

    /**
     * @param owner public key of the certificate that the key is for: it knows the algorithm, which the older formats
     *              of keys do not tell
     */
    static PrivateKey privateKey(Path file, PublicKey owner) throws IOException {
        Matcher block = BLOCK.matcher(SecretFile.readSecret(file));
        while (block.find()) {
            switch (block.group(1)) {
                case "PRIVATE KEY" -> {
                    return privateKey(file, bytes(file, block.group(2)), owner);
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
                    return privateKey(file, Der.pkcs8(bytes(file, block.group(2)), owner.getEncoded()), owner);
                }
                case "ENCRYPTED PRIVATE KEY" -> throw new IOException(
                        file + " is encrypted, and nobody is there to type the passphrase: store it without one");
                default -> {
                    // "EC PARAMETERS" and the like say nothing that the certificate does not say.
                }
            }
        }
        throw new IOException(file + " has no private key: it must begin with -----BEGIN PRIVATE KEY-----");
    }

    private static PrivateKey privateKey(Path file, byte[] encoded, PublicKey owner) throws IOException {
        try {
            return KeyFactory.getInstance(owner.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " is not a private key of the certificate's kind, " + owner.getAlgorithm()
                    + ": use the key that the certificate was made for", e);
        }
    }

    private static byte[] bytes(Path file, String text) throws IOException {
        try {
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: a block is not base64", e);
        }
    }
}
