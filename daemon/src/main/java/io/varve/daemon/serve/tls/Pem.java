package io.varve.daemon.serve.tls;

import io.varve.daemon.io.Printable;
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

/**
 * Certificates and private keys in text (RFC 7468). What stands between the blocks is a comment.
 *
 * <p>Thread-safe because it has no state.
 */
final class Pem {

    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";
    private static final int MAX_SHOWN_LENGTH = 40;
    /** In the head of an older format. */
    private static final String IS_ENCRYPTED = "Proc-Type: 4,ENCRYPTED";

    private record Block(String label, String text) {}

    private Pem() {}

    /** @return at least one, in the order of the file */
    static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file, SecretFile.read(file))) {
            if (block.label().endsWith("CERTIFICATE")) {
                certificates.add(certificate(file, bytes(file, block.text())));
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
        for (Block block : blocks(file, SecretFile.readSecret(file))) {
            if (block.label().equals("ENCRYPTED PRIVATE KEY") || block.text().contains(IS_ENCRYPTED)) {
                throw new IOException(file
                        + " is encrypted, and nobody is there to type the passphrase: store it without one");
            }
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return privateKey(file, bytes(file, block.text()), owner);
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
                    return privateKey(file, Der.pkcs8(bytes(file, block.text()), owner.getEncoded()), owner);
                }
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

    private static List<Block> blocks(Path file, String text) throws IOException {
        List<Block> blocks = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        String label = null;
        for (String line : text.lines().map(String::strip).toList()) {
            if (line.startsWith(BEGIN) && line.endsWith(DASHES) && label == null) {
                label = line.substring(BEGIN.length(), Math.max(BEGIN.length(), line.length() - DASHES.length()));
                content.setLength(0);
            } else if (label != null && line.equals(END + label + DASHES)) {
                blocks.add(new Block(label, content.toString()));
                label = null;
            } else if (label != null) {
                content.append(line).append('\n');
            }
        }
        if (label != null) {
            throw new IOException(file + " is cut off: " + BEGIN + Printable.of(label, MAX_SHOWN_LENGTH) + DASHES
                    + " has no end");
        }
        return blocks;
    }

    private static byte[] bytes(Path file, String text) throws IOException {
        try {
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: a block is not base64", e);
        }
    }
}
