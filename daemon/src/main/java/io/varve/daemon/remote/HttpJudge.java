package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.io.SourceRange;
import io.varve.daemon.remote.HttpValidator.Finding;
import io.varve.daemon.remote.OriginException.Kind;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.ResponseInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says of the head of an answer whether its body is the range, or the ranges, that were asked for (RFC 9110, 14 and
 * 15).
 *
 * <p>Immutable.
 */
final class HttpJudge {

    static final int PARTIAL_CONTENT = 206;

    private static final Pattern CONTENT_RANGE =
            Pattern.compile("bytes (?:(\\d{1,18})-(\\d{1,18})|\\*)/(\\d{1,18})", Pattern.CASE_INSENSITIVE);
    /** RFC 2046, 5.1.1; without the quotes it may not have all of these, but servers do not mind. */
    private static final Pattern BOUNDARY = Pattern.compile("multipart/byteranges *; *"
            + "boundary=(\"?)([0-9a-z'()+_,./:=? -]{0,69}[0-9a-z'()+_,./:=?-])\\1 *", Pattern.CASE_INSENSITIVE);
    private static final long MAX_RETRY_AFTER_S = 60;
    private static final int SHOWN_LENGTH = 100;

    private final String name;
    private final List<ByteRange> ranges;
    private final long size;
    private final HttpValidator validator;
    private final InstantSource clock;

    /**
     * @param name   of the origin
     * @param ranges that were asked for, one or more, in the order of the disk
     * @param size   bytes of the disk as it is known; -1 if it is not yet
     * @param clock  tells how long a date of {@code Retry-After} is away
     */
    HttpJudge(String name, List<ByteRange> ranges, long size, HttpValidator validator, InstantSource clock) {
        this.name = name;
        this.ranges = ranges;
        this.size = size;
        this.validator = validator;
        this.clock = clock;
    }

    List<ByteRange> ranges() {
        return ranges;
    }

    HttpValidator validator() {
        return validator;
    }

    /** @return why the body is worth nothing; empty if it is what was asked for */
    Optional<OriginException> refuse(ResponseInfo answer) {
        return refuse(answer.statusCode(), answer.headers());
    }

    Optional<OriginException> refuse(int status, HttpHeaders headers) {
        if (status == PARTIAL_CONTENT) {
            return refusePart(headers);
        }
        return Optional.of(switch (status) {
            case 200 -> isOther(headers)
                    ? changed()
                    : failure(Kind.REFUSED, ranges.size() == 1
                            ? "the server does not serve ranges, it answers 200"
                            : "the server does not serve several ranges, it answers 200");
            case 412 -> changed();
            case 416 -> outOfRange(headers);
            case 408 -> failure(Kind.UNAVAILABLE, "the server answers 408");
            case 429, 503 -> busy(status, headers);
            default -> failure(status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED, "the server answers " + status);
        });
    }

    private Optional<OriginException> refusePart(HttpHeaders headers) {
        List<String> stated = headers.allValues("Content-Range");
        // The state first: in another one, another range is no wonder.
        Finding finding = validator.compare(headers);
        if (finding == Finding.OTHER) {
            return Optional.of(changed());
        }
        try {
            if (ranges.size() == 1) {
                requireRange(stated);
            } else if (!stated.isEmpty() || boundary(headers).isEmpty()) {
                return Optional.of(failure(Kind.REFUSED, "the server sends one range where several were asked for"));
            }
        } catch (OriginException e) {
            return Optional.of(e);
        }
        // A server that keeps to the condition need not repeat a date (RFC 9110, 15.3.7), but its tag.
        if (finding == Finding.SILENT && (validator.text().startsWith("\"") || !validator.isExact())) {
            return Optional.of(failure(Kind.REFUSED, "the server says no more which state of the disk it sends"));
        }
        if (headers.firstValue("Content-Encoding").filter(coding -> !coding.equalsIgnoreCase("identity")).isPresent()) {
            return Optional.of(failure(Kind.REFUSED, "the server sends the bytes in a coding, unasked"));
        }
        return ranges.size() == 1 ? refuseLength(headers) : Optional.empty();
    }

    private void requireRange(List<String> stated) throws OriginException {
        ByteRange range = ranges.get(0);
        SourceRange span = part(stated.size() == 1 ? stated.get(0) : "", stated);
        if (span.position() != range.position() || span.end() != range.last() + 1) {
            throw failure(Kind.REFUSED, "the server sends other bytes: " + shown(stated));
        }
    }

    /**
     * Which bytes of the disk a part of the body is.
     *
     * @param contentRange what it says
     */
    SourceRange part(String contentRange) throws OriginException {
        return part(contentRange, List.of(contentRange));
    }

    private SourceRange part(String contentRange, List<String> shown) throws OriginException {
        Matcher stated = CONTENT_RANGE.matcher(contentRange);
        if (!stated.matches() || stated.group(1) == null) {
            throw failure(Kind.REFUSED, "the server says not which bytes it sends: " + shown(shown));
        }
        long first = Long.parseLong(stated.group(1));
        long last = Long.parseLong(stated.group(2));
        long total = Long.parseLong(stated.group(3));
        if (size >= 0 && total != size) {
            throw changed();
        }
        if (first > last || last >= total) {
            throw failure(Kind.REFUSED, "the server sends other bytes: " + shown(shown));
        }
        return new SourceRange(first, last + 1 - first);
    }

    /** What parts the ranges of an answer from one another; empty if it says no such thing. */
    static Optional<String> boundary(HttpHeaders headers) {
        List<String> types = headers.allValues("Content-Type");
        Matcher type = BOUNDARY.matcher(types.size() == 1 ? types.get(0) : "");
        return type.matches() ? Optional.of(type.group(2)) : Optional.empty();
    }

    private Optional<OriginException> refuseLength(HttpHeaders headers) {
        ByteRange range = ranges.get(0);
        try {
            OptionalLong length = headers.firstValueAsLong("Content-Length");
            if (length.isEmpty() || length.getAsLong() == range.length()) {
                return Optional.empty();
            }
            boolean isShort = length.getAsLong() < range.length();
            return Optional.of(failure(isShort ? Kind.UNAVAILABLE : Kind.REFUSED,
                    "the server sends " + length.getAsLong() + " bytes"));
        } catch (NumberFormatException e) {
            return Optional.of(failure(Kind.REFUSED, "the server says not how many bytes it sends"));
        }
    }

    private OriginException outOfRange(HttpHeaders headers) {
        Matcher stated = CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
        boolean hasSize = stated.matches() && stated.group(1) == null;
        if (hasSize && size >= 0 && Long.parseLong(stated.group(3)) != size) {
            return changed();
        }
        return failure(Kind.REFUSED, hasSize && size < 0 && Long.parseLong(stated.group(3)) == 0
                ? "it is empty"
                : "the server answers 416");
    }

    private OriginException busy(int status, HttpHeaders headers) {
        long retryAfterMs = headers.firstValue("Retry-After").map(this::retryAfterMs).orElse(0L);
        return new OriginException(Kind.BUSY, message("the server answers " + status
                + (retryAfterMs == 0 ? "" : ", and wants to be left alone for " + retryAfterMs + " ms")),
                retryAfterMs, null);
    }

    private long retryAfterMs(String text) {
        if (text.matches("\\d{1,9}")) {
            return Math.min(Long.parseLong(text), MAX_RETRY_AFTER_S) * 1000;
        }
        Instant now = clock.instant();
        Instant latest = now.plusSeconds(MAX_RETRY_AFTER_S);
        return HttpValidator.date(text)
                .map(then -> then.isAfter(latest) ? latest : then)
                .map(then -> Math.max(0, Duration.between(now, then).toMillis()))
                .orElse(0L);
    }

    private boolean isOther(HttpHeaders headers) {
        if (size < 0) {
            return false;
        }
        if (validator.compare(headers) == Finding.OTHER) {
            return true;
        }
        try {
            OptionalLong length = headers.firstValueAsLong("Content-Length");
            return length.isPresent() && length.getAsLong() != size;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private OriginException changed() {
        return failure(Kind.CHANGED, "it is another disk than it was when it was opened");
    }

    /** Of the bytes that were asked for. */
    OriginException failure(Kind kind, String why) {
        return failure(kind, why, null);
    }

    OriginException failure(Kind kind, String why, Throwable cause) {
        return new OriginException(kind, message(why), cause);
    }

    String message(String why) {
        return name + ", " + wanted() + ": " + why;
    }

    private String wanted() {
        ByteRange first = ranges.get(0);
        return ranges.size() == 1 ? first.toString()
                : ranges.size() + " ranges in bytes " + first.position() + "-" + ranges.get(ranges.size() - 1).last();
    }

    /** Bytes of a disk of so many, as the head of an answer that was not refused says. */
    static long size(HttpHeaders headers) {
        Matcher stated = CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
        if (!stated.matches()) {
            throw new IllegalArgumentException("no Content-Range");
        }
        return Long.parseLong(stated.group(3));
    }

    private static String shown(List<String> ranges) {
        return ranges.isEmpty() ? "no Content-Range" : Printable.of(String.join(", ", ranges), SHOWN_LENGTH);
    }
}
