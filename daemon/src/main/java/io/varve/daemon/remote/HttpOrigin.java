package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file with the bytes of a disk on a web server, read by ranges (RFC 9110, 14).
 *
 * <p>Design note: redirects are followed here and not by the client of the JDK, because the address at their end,
 * which is often good for a while only, is remembered so that not every read asks twice.
 *
 * <p>Design note: HTTP/1.1, because giving up an answer in the middle costs a connection, which a second version
 * shares with other reads.
 *
 * <p>Design note: the client is shared, because one of JDK 17 cannot be closed, and a server that is down is asked for
 * an origin again and again.
 *
 * <p>Design note: several ranges are asked for with one request (RFC 9110, 14.2 and 15.3.7.2), because each request
 * costs a way there and back, and some servers count requests. A server that answers that in another way than with
 * these ranges is asked range by range from then on.
 *
 * <p>Thread-safe because each read has a request of its own, and the remembered address is one reference.
 */
public final class HttpOrigin implements Origin {

    private static final int SECTOR_LENGTH = 512;
    private static final int MAX_REDIRECTS = 5;
    private static final Duration REDIRECT_LIFETIME = Duration.ofMinutes(5);
    /** Ranges of a request: a header of less than 4 KiB, of which servers take twice that at least. */
    private static final int MAX_RANGES = 64;
    /** Requests of one read that wait beside each other. */
    private static final int MAX_PARALLEL = 8;
    private static final Arrivals IGNORED = (piece, length) -> { };
    private static final Logger LOG = LoggerFactory.getLogger(HttpOrigin.class);

    private final HttpAddress address;
    private final OriginTimeouts timeouts;
    private final InstantSource clock;
    private final HttpCalls calls;
    private volatile Redirect redirect;
    /** Whether it sends several ranges at once, as far as is known. */
    private volatile boolean takesMany = true;
    private HttpValidator validator = new HttpValidator("", false);
    private OriginIdentity identity = new OriginIdentity(-1, "");

    /** Where the file was found in the end. Immutable. */
    private record Redirect(URI uri, Instant end) {}

    private HttpOrigin(HttpAddress address, HttpClient client, OriginTimeouts timeouts, InstantSource clock) {
        this.address = address;
        this.calls = new HttpCalls(address, client);
        this.timeouts = timeouts;
        this.clock = clock;
    }

    /** For all origins with these timeouts. It cannot be closed, and has threads until nobody can reach it any more. */
    public static HttpClient newClient(OriginTimeouts timeouts) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofMillis(timeouts.connectMs()))
                .build();
    }

    /**
     * Asks for the first sector, and so whether the server serves ranges, how large the disk is, and in which state.
     *
     * @param address {@code http://} or {@code https://}; user and password in it are sent to that server only
     * @param client  of {@link #newClient}
     * @param clock   tells when to forget a redirect, and how long a date is away
     * @throws OriginException if it is not to be had like this; BUSY and UNAVAILABLE may pass
     */
    public static HttpOrigin open(String address, HttpClient client, OriginTimeouts timeouts, InstantSource clock)
            throws IOException {
        HttpOrigin origin = new HttpOrigin(HttpAddress.parse(address), client, timeouts, clock);
        origin.look();
        return origin;
    }

    private void look() throws IOException {
        // Not for the first byte: busybox takes 0-0 for no range.
        HttpResponse<Void> answer = fetch(exchange(List.of(new Piece(0, 0, SECTOR_LENGTH)),
                new UnsafeBuffer(new byte[SECTOR_LENGTH]), IGNORED));
        validator = HttpValidator.of(answer.headers());
        identity = new OriginIdentity(HttpJudge.size(answer.headers()), validator.text());
    }

    @Override
    public String name() {
        return address.uri().toString();
    }

    @Override
    public OriginIdentity identity() {
        return identity;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException {
        readAll(List.of(new Piece(position, index, length)), destination, urgency, IGNORED);
    }

    @Override
    public int maxPieces() {
        return takesMany ? MAX_RANGES : 1;
    }

    @Override
    public void readAll(List<Piece> pieces, MutableDirectBuffer destination, Urgency urgency, Arrivals arrivals)
            throws IOException {
        for (Piece piece : pieces) {
            piece.checked(destination, identity.size());
        }
        for (int first = 0; first < pieces.size(); first += MAX_RANGES) {
            int offset = first;
            readSome(pieces.subList(first, Math.min(pieces.size(), first + MAX_RANGES)), destination,
                    (piece, length) -> arrivals.arrived(offset + piece, length));
        }
    }

    private void readSome(List<Piece> pieces, MutableDirectBuffer destination, Arrivals arrivals) throws IOException {
        int[] have = new int[pieces.size()];
        if (pieces.size() == 1 || takesMany) {
            try {
                fetch(exchange(pieces, destination, (piece, length) -> {
                    have[piece] = length;
                    arrivals.arrived(piece, length);
                }));
                return;
            } catch (OriginException e) {
                if (pieces.size() == 1 || e.kind() != Kind.REFUSED) {
                    throw e;
                }
                LOG.debug("{} is asked range by range", name(), e);
            }
        }
        readEach(pieces, have, destination, arrivals);
        takesMany = false;
    }

    /** One request for each piece, several at a time. */
    private void readEach(List<Piece> pieces, int[] have, MutableDirectBuffer destination, Arrivals arrivals)
            throws IOException {
        Queue<HttpExchange> underWay = new ArrayDeque<>();
        try {
            for (int i = 0; i < pieces.size(); i++) {
                Piece piece = pieces.get(i);
                int number = i;
                int done = have[i];
                if (done == piece.length()) {
                    continue;
                }
                if (underWay.size() == MAX_PARALLEL) {
                    finish(underWay.remove());
                }
                Piece rest = new Piece(piece.position() + done, piece.index() + done, piece.length() - done);
                HttpExchange exchange = exchange(List.of(rest), destination,
                        (one, length) -> arrivals.arrived(number, done + length));
                exchange.send(begin());
                underWay.add(exchange);
            }
            while (!underWay.isEmpty()) {
                finish(underWay.remove());
            }
        } finally {
            underWay.forEach(HttpExchange::giveUp);
        }
    }

    private void finish(HttpExchange exchange) throws IOException {
        HttpResponse<Void> answer = exchange.await();
        if (isFinal(answer.statusCode())) {
            exchange.accept(answer);
        } else {
            fetch(exchange);
        }
    }

    private HttpExchange exchange(List<Piece> pieces, MutableDirectBuffer destination, Arrivals arrivals) {
        List<ByteRange> ranges =
                pieces.stream().map(piece -> new ByteRange(piece.position(), piece.length())).toList();
        int length = pieces.stream().mapToInt(Piece::length).sum();
        return new HttpExchange(calls, new HttpJudge(name(), ranges, identity.size(), validator, clock), pieces,
                destination, arrivals, System.nanoTime() + timeouts.readNs(length));
    }

    /** Where the file was found, if that is still good; else where we were told to look. */
    private URI begin() {
        Redirect remembered = redirect;
        return remembered != null && clock.instant().isBefore(remembered.end()) ? remembered.uri() : address.uri();
    }

    private HttpResponse<Void> fetch(HttpExchange exchange) throws IOException {
        Redirect remembered = redirect;
        if (remembered != null && clock.instant().isBefore(remembered.end())) {
            boolean isGood = false;
            try {
                HttpResponse<Void> answer = exchange.ask(remembered.uri());
                if (isFinal(answer.statusCode())) {
                    exchange.accept(answer);
                    isGood = true;
                    return answer;
                }
            } finally {
                // Whatever was wrong: the next read begins where the administrator meant it to.
                if (!isGood) {
                    redirect = null;
                }
            }
        }
        return follow(exchange);
    }

    /** Of an address that was good a while ago; the others mean that it has expired. */
    private static boolean isFinal(int status) {
        return !isRedirect(status)
                && switch (status) {
                    case 401, 403, 404, 410 -> false;
                    default -> true;
                };
    }

    private static boolean isRedirect(int status) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private HttpResponse<Void> follow(HttpExchange exchange) throws IOException {
        URI uri = address.uri();
        for (int count = 0; ; count++) {
            HttpResponse<Void> answer = exchange.ask(uri);
            if (!isRedirect(answer.statusCode())) {
                exchange.accept(answer);
                if (count > 0) {
                    redirect = new Redirect(uri, clock.instant().plus(REDIRECT_LIFETIME));
                }
                return answer;
            }
            if (count == MAX_REDIRECTS) {
                throw exchange.judge().failure(Kind.REFUSED, "the server sends us on more than " + MAX_REDIRECTS
                        + " times");
            }
            String location = answer.headers().firstValue("Location").orElse("");
            Optional<URI> next = HttpAddress.redirected(uri, location);
            if (next.isEmpty()) {
                throw exchange.judge().failure(Kind.REFUSED, "the server sends us where we cannot go: "
                        + HttpAddress.shown(location.replaceFirst("[?].*", "")));
            }
            uri = next.get();
        }
    }

    /** Reads that are under way fail at once, and those that come later. */
    @Override
    public void close() {
        calls.close();
    }
}
