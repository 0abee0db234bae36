package io.varve.daemon.serve.tls;

import javax.net.ssl.SSLException;

/**
 * Puts failures of the JDK's engine into words for the log.
 *
 * <p>Thread-safe because it has no state.
 */
final class EngineFailure {

    private static final String ALERT = "Received fatal alert: ";

    private EngineFailure() {}

    static String reason(SSLException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            int index = message.indexOf(RefusedCertificate.SUBJECT);
            if (index >= 0) {
                return message.substring(index);
            }
        }
        String message = String.valueOf(failure.getMessage());
        if (message.contains("Empty client certificate chain")) {
            return "the client shows no certificate, and here it has to";
        }
        int alertIndex = message.indexOf(ALERT);
        if (alertIndex >= 0) {
            String alert = message.substring(alertIndex + ALERT.length());
            return switch (alert) {
                case "unknown_ca", "bad_certificate", "certificate_unknown", "certificate_expired",
                        "unsupported_certificate" ->
                    "the client does not accept the certificate of this server (alert " + alert + ")";
                default -> "the client gave up (alert " + alert + ")";
            };
        }
        if (message.contains("nrecognized SSL message")) {
            return "what the client sends is no TLS";
        }
        if (message.contains("no cipher suites in common")) {
            return "the client offers no cipher suite that works with the certificate: it has pre-shared keys alone, "
                    + "or is too old";
        }
        return message;
    }
}
