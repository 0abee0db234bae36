package io.varve.daemon.remote;

import java.net.http.HttpHeaders;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a server says of the state of a disk: a strong entity tag, else the time of its last change (RFC 9110, 8.8).
 *
 * @param text    as the server wrote it; empty if it said nothing that tells two states apart
 * @param isExact whether bytes can be asked for on the condition that it still holds
 *
 * <p>Immutable.
 */
record HttpValidator(String text, boolean isExact) {

    private static final HttpValidator NONE = new HttpValidator("", false);
    /** Bounded, and without anything that could not be sent back in a header. */
    private static final Pattern STRONG_TAG = Pattern.compile("\"[\\x21\\x23-\\x7e]{0,256}\"");

    static HttpValidator of(HttpHeaders headers) {
        String tag = headers.firstValue("ETag").orElse("");
        if (STRONG_TAG.matcher(tag).matches()) {
            return new HttpValidator(tag, true);
        }
        String changed = headers.firstValue("Last-Modified").orElse("");
        return date(changed).map(then -> new HttpValidator(changed, isExact(then, headers))).orElse(NONE);
    }

    /** A disk that changed in the second in which it was asked about may change again in it (RFC 9110, 8.8.2.2). */
    private static boolean isExact(Instant changed, HttpHeaders headers) {
        return headers.firstValue("Date")
                .flatMap(HttpValidator::date)
                .filter(now -> now.isAfter(changed))
                .isPresent();
    }

    static Optional<Instant> date(String text) {
        try {
            return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** How a later answer compares. */
    enum Finding {
        SAME,
        OTHER,
        /** The answer does not say. */
        SILENT
    }

    Finding compare(HttpHeaders headers) {
        if (text.isEmpty()) {
            return Finding.SAME;
        }
        Optional<String> found = headers.firstValue(text.startsWith("\"") ? "ETag" : "Last-Modified");
        if (found.isEmpty()) {
            return Finding.SILENT;
        }
        return found.get().equals(text) ? Finding.SAME : Finding.OTHER;
    }
}
