package io.varve.daemon.serve.tls;

import io.varve.daemon.io.Printable;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.List;

/**
 * Says why a client's certificate is not accepted, for the one who made it.
 *
 * <p>Thread-safe because it has no state.
 */
final class RefusedCertificate {

    /** Every reason begins like this. */
    static final String SUBJECT = "the client's certificate ";

    private static final int MAX_NAME_LENGTH = 80;
    /** Object identifiers of what a certificate may be for. */
    private static final List<String> FOR_CLIENTS = List.of("1.3.6.1.5.5.7.3.2", "2.5.29.37.0");

    private RefusedCertificate() {}

    /** @param cause the words of the library, for what is not known here */
    static String reason(X509Certificate certificate, Path authority, CertificateException cause) {
        String subject = SUBJECT + "'"
                + Printable.of(certificate.getSubjectX500Principal().getName(), MAX_NAME_LENGTH) + "' ";
        Date now = new Date();
        if (now.after(certificate.getNotAfter())) {
            return subject + "expired at " + certificate.getNotAfter().toInstant();
        }
        if (now.before(certificate.getNotBefore())) {
            return subject + "is not valid before " + certificate.getNotBefore().toInstant();
        }
        if (!isForClients(certificate)) {
            return subject + "is not for clients: its extendedKeyUsage has no clientAuth";
        }
        String words = String.valueOf(cause.getMessage());
        if (words.contains("unable to find valid certification path")
                || words.contains("does not chain with any of the trust anchors")) {
            return subject + (certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
                    ? "is self-signed, and not in "
                    : "was issued by '" + Printable.of(
                            certificate.getIssuerX500Principal().getName(), MAX_NAME_LENGTH)
                            + "', and nothing leads from there to ") + authority;
        }
        return subject + "is not accepted: " + words;
    }

    private static boolean isForClients(X509Certificate certificate) {
        try {
            List<String> usages = certificate.getExtendedKeyUsage();
            return usages == null || usages.stream().anyMatch(FOR_CLIENTS::contains);
        } catch (CertificateException e) {
            return true;
        }
    }
}
