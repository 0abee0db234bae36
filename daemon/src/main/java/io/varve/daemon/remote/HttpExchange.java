package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.remote.Origin.Arrivals;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.agrona.MutableDirectBuffer;

/**
 * One range, or several, on their way into a buffer, whoever must be asked for them, one after the other.
 *
 * <p>Owned by the thread that reads.
 */
final class HttpExchange {

    private static final int SHOWN_LENGTH = 100;
    private static final String CLOSED = "it has been closed";

    private final HttpCalls calls;
    private final HttpJudge judge;
    private final List<Piece> pieces;
    private final MutableDirectBuffer destination;
    private final Arrivals arrivals;
    private final long endNs;
    private final int[] arrived;
    private final int[] told;
    private AnswerBody body;
    private CompletableFuture<HttpResponse<Void>> answer;

    /**
     * @param judge    knows the same ranges
     * @param arrivals hears what has come, in {@link #await}
     * @param endNs    {@link System#nanoTime} at which to give up
     */
    HttpExchange(HttpCalls calls, HttpJudge judge, List<Piece> pieces, MutableDirectBuffer destination,
            Arrivals arrivals, long endNs) {
        this.calls = calls;
        this.judge = judge;
        this.pieces = pieces;
        this.destination = destination;
        this.arrivals = arrivals;
        this.endNs = endNs;
        this.arrived = new int[pieces.size()];
        this.told = new int[pieces.size()];
    }

    HttpJudge judge() {
        return judge;
    }

    /** Of an answer that is the last one. */
    void accept(HttpResponse<Void> last) throws OriginException {
        Optional<OriginException> refusal = judge.refuse(last.statusCode(), last.headers());
        if (refusal.isPresent()) {
            throw refusal.get();
        }
    }

    /** @return with the bytes in the buffer, if it is what was asked for; else without a body */
    HttpResponse<Void> ask(URI uri) throws IOException {
        send(uri);
        return await();
    }

    /** {@link #await} or {@link #giveUp} must follow. */
    void send(URI uri) {
        Scatter scatter = new Scatter(pieces, destination, judge);
        AnswerBody fresh = new AnswerBody(scatter);
        body = fresh;
        answer = calls.send(request(uri), head -> bodyFor(head, scatter, fresh));
        answer.whenComplete((response, failure) -> fresh.wake());
    }

    private BodySubscriber<Void> bodyFor(ResponseInfo head, Scatter scatter, AnswerBody fresh) {
        if (judge.refuse(head).isPresent()) {
            return new NoBody();
        }
        try {
            List<ByteRange> ranges = judge.ranges();
            return fresh.readBy(ranges.size() == 1
                    ? new PlainBodyReader(ranges.get(0), scatter, judge)
                    : new MultipartReader(HttpJudge.boundary(head.headers()).orElseThrow(), scatter, judge));
        } catch (OriginException e) {
            throw new IllegalStateException("the range that was asked for is not the one that was asked for", e);
        }
    }

    private HttpRequest request(URI uri) {
        String ranges = judge.ranges().stream()
                .map(range -> range.position() + "-" + range.last())
                .collect(Collectors.joining(","));
        HttpRequest.Builder request = calls.request(uri).header("Range", "bytes=" + ranges);
        if (judge.validator().isExact()) {
            request.header("If-Range", judge.validator().text());
        }
        return request.build();
    }

    HttpResponse<Void> await() throws IOException {
        try {
            while (!answer.isDone()) {
                long leftNs = endNs - System.nanoTime();
                if (leftNs <= 0) {
                    throw judge.failure(Kind.UNAVAILABLE, "no whole answer in time", null);
                }
                tellArrivals(leftNs);
            }
            tellArrivals(0);
            return answer.get();
        } catch (InterruptedException e) {
            throw new InterruptedIOException(judge.message("interrupted"));
        } catch (CancellationException e) {
            throw judge.failure(Kind.UNAVAILABLE, CLOSED, null);
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            giveUp();
        }
    }

    private void tellArrivals(long timeoutNs) throws InterruptedException {
        body.awaitNews(timeoutNs, arrived);
        for (int i = 0; i < arrived.length; i++) {
            if (arrived[i] > told[i]) {
                told[i] = arrived[i];
                arrivals.arrived(i, arrived[i]);
            }
        }
    }

    /** Once this has returned, the buffer is the caller's again. */
    void giveUp() {
        calls.ended(answer);
        body.seal();
    }

    private IOException failure(Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof OriginException known) {
                return known;
            }
        }
        // The client of the JDK says of a request that was cancelled now this, now that.
        String why = calls.isClosed() ? CLOSED
                : cause instanceof HttpConnectTimeoutException ? "no connection in time"
                : cause instanceof ConnectException ? "cannot connect"
                : cause.getMessage() == null ? cause.getClass().getSimpleName()
                : Printable.of(cause.getMessage(), SHOWN_LENGTH);
        return judge.failure(Kind.UNAVAILABLE, why, cause);
    }
}
