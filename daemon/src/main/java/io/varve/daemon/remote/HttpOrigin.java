package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.ResponseInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

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
 * <p>Thread-safe because each read has a request of its own, and the remembered address is one reference.
 */
public final class HttpOrigin implements Origin {

    private static final int SECTOR_LENGTH = 512;
    private static final int MAX_REDIRECTS = 5;
    private static final Duration REDIRECT_LIFETIME = Duration.ofMinutes(5);
    private static final int SHOWN_LENGTH = 100;
    private static final String CLOSED = "it has been closed";

    private final HttpAddress address;
    private final OriginTimeouts timeouts;
    private final InstantSource clock;
    private final HttpClient client;
    private final Set<CompletableFuture<?>> underWay = ConcurrentHashMap.newKeySet();
    private volatile Redirect redirect;
    private volatile boolean closed;
    private HttpValidator validator = new HttpValidator("", false);
    private OriginIdentity identity = new OriginIdentity(-1, "");

    /** Where the file was found in the end. Immutable. */
    private record Redirect(URI uri, Instant end) {}

    private HttpOrigin(HttpAddress address, HttpClient client, OriginTimeouts timeouts, InstantSource clock) {
        this.address = address;
        this.client = client;
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
        ByteRange first = new ByteRange(0, SECTOR_LENGTH);
        Exchange exchange = new Exchange(judge(first), first, new UnsafeBuffer(new byte[SECTOR_LENGTH]), 0);
        HttpResponse<Void> answer = fetch(exchange);
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
        ByteRange range = ByteRange.checked(position, destination, index, length, identity.size());
        fetch(new Exchange(judge(range), range, destination, index));
    }

    private HttpJudge judge(ByteRange range) {
        return new HttpJudge(name(), range, identity.size(), validator, clock);
    }

    private HttpResponse<Void> fetch(Exchange exchange) throws IOException {
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

    private HttpResponse<Void> follow(Exchange exchange) throws IOException {
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
                throw exchange.judge.failure(Kind.REFUSED, "the server sends us on more than " + MAX_REDIRECTS
                        + " times");
            }
            String location = answer.headers().firstValue("Location").orElse("");
            Optional<URI> next = HttpAddress.redirected(uri, location);
            if (next.isEmpty()) {
                throw exchange.judge.failure(Kind.REFUSED, "the server sends us where we cannot go: "
                        + HttpAddress.shown(location.replaceFirst("[?].*", "")));
            }
            uri = next.get();
        }
    }

    /** Reads that are under way fail at once, and those that come later. */
    @Override
    public void close() {
        closed = true;
        underWay.forEach(answer -> answer.cancel(true));
    }

    /** One range on its way into a buffer, whoever must be asked for it. Owned by the thread that reads. */
    private final class Exchange {

        private final HttpJudge judge;
        private final ByteRange range;
        private final MutableDirectBuffer destination;
        private final int index;
        private final long endNs;

        Exchange(HttpJudge judge, ByteRange range, MutableDirectBuffer destination, int index) {
            this.judge = judge;
            this.range = range;
            this.destination = destination;
            this.index = index;
            this.endNs = System.nanoTime() + timeouts.readNs(range.length());
        }

        HttpResponse<Void> accept(HttpResponse<Void> answer) throws OriginException {
            Optional<OriginException> refusal = judge.refuse(answer.statusCode(), answer.headers());
            if (refusal.isPresent()) {
                throw refusal.get();
            }
            return answer;
        }

        /** @return with the bytes in the buffer, if it is the range; else without a body */
        HttpResponse<Void> ask(URI uri) throws IOException {
            RangeBody body = new RangeBody(destination, index, range.length(), judge);
            CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(
                    request(uri), head -> isRange(head) ? body : new NoBody());
            underWay.add(answer);
            try {
                if (closed) {
                    throw new CancellationException();
                }
                return answer.get(endNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                throw new InterruptedIOException(name() + ", " + range + ": interrupted");
            } catch (TimeoutException e) {
                throw judge.failure(Kind.UNAVAILABLE, "no whole answer in time", null);
            } catch (CancellationException e) {
                throw judge.failure(Kind.UNAVAILABLE, CLOSED, null);
            } catch (ExecutionException e) {
                throw failure(e.getCause());
            } finally {
                answer.cancel(true);
                body.seal();
                underWay.remove(answer);
            }
        }

        private boolean isRange(ResponseInfo head) {
            return judge.refuse(head).isEmpty();
        }

        private HttpRequest request(URI uri) {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                    .header("Range", "bytes=" + range.position() + "-" + range.last())
                    .header("Accept-Encoding", "identity")
                    .header("User-Agent", "varve");
            if (validator.isExact()) {
                request.header("If-Range", validator.text());
            }
            address.authorizationFor(uri).ifPresent(header -> request.header("Authorization", header));
            return request.build();
        }

        private IOException failure(Throwable cause) {
            for (Throwable each = cause; each != null; each = each.getCause()) {
                if (each instanceof OriginException known) {
                    return known;
                }
            }
            // The client of the JDK says of a request that was cancelled now this, now that.
            String why = closed ? CLOSED
                    : cause instanceof HttpConnectTimeoutException ? "no connection in time"
                    : cause instanceof java.net.ConnectException ? "cannot connect"
                    : cause.getMessage() == null ? cause.getClass().getSimpleName()
                    : Printable.of(cause.getMessage(), SHOWN_LENGTH);
            return judge.failure(Kind.UNAVAILABLE, why, cause);
        }
    }
}
