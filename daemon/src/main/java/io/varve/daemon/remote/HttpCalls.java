package io.varve.daemon.remote;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The requests of one origin that are under way, so that closing it ends them.
 *
 * <p>Thread-safe because the set is concurrent, and closing is noted before it is gone through.
 */
final class HttpCalls {

    private final HttpAddress address;
    private final HttpClient client;
    private final Set<CompletableFuture<?>> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    HttpCalls(HttpAddress address, HttpClient client) {
        this.address = address;
        this.client = client;
    }

    /** What all requests say, and the password where it belongs. */
    HttpRequest.Builder request(URI uri) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .header("Accept-Encoding", "identity")
                .header("User-Agent", "varve");
        address.authorizationFor(uri).ifPresent(header -> request.header("Authorization", header));
        return request;
    }

    /** {@link #ended} must follow. */
    CompletableFuture<HttpResponse<Void>> send(HttpRequest request, BodyHandler<Void> body) {
        CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(request, body);
        underWay.add(answer);
        if (closed) {
            answer.cancel(true);
        }
        return answer;
    }

    /** Ends it, if it has not ended. */
    void ended(CompletableFuture<?> answer) {
        answer.cancel(true);
        underWay.remove(answer);
    }

    boolean isClosed() {
        return closed;
    }

    /** Those under way fail at once, and those that come later. */
    void close() {
        closed = true;
        underWay.forEach(answer -> answer.cancel(true));
    }
}
