package io.varve.daemon.serve.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time for which certificates were made.
 *
 * <p>Thread-safe because it has no state.
 */
final class Validity {

    private static final Logger LOG = LoggerFactory.getLogger(Validity.class);

    /** Time enough to get another one. */
    private static final Duration NOTICE = Duration.ofDays(14);

    private Validity() {}

    /** @throws IOException with one line if the certificate is not valid now */
    static void require(Path file, X509Certificate one) throws IOException {
        try {
            one.checkValidity();
        } catch (CertificateExpiredException e) {
            throw new IOException(file + " expired at " + one.getNotAfter().toInstant() + ": renew it", e);
        } catch (CertificateNotYetValidException e) {
            throw new IOException(
                    file + " is not valid before " + one.getNotBefore().toInstant() + ": look at the clock", e);
        }
        Instant end = one.getNotAfter().toInstant();
        if (end.isBefore(Instant.now().plus(NOTICE))) {
            LOG.warn("{} expires at {}: clients will refuse it then", file, end);
        }
    }

    /**
     * Of several authorities, those that are valid now; the others are logged, and left out.
     *
     * @throws IOException with one line if there is none
     */
    static List<X509Certificate> select(Path file, List<X509Certificate> authorities) throws IOException {
        List<X509Certificate> valid = new ArrayList<>();
        List<IOException> obstacles = new ArrayList<>();
        for (X509Certificate one : authorities) {
            try {
                require(file, one);
                valid.add(one);
            } catch (IOException e) {
                obstacles.add(e);
            }
        }
        if (valid.isEmpty()) {
            throw obstacles.get(0);
        }
        obstacles.forEach(obstacle -> LOG.warn("one authority is left out: {}", obstacle.getMessage()));
        return valid;
    }
}
