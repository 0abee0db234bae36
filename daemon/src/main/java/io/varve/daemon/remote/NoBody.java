package io.varve.daemon.remote;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;

/**
 * The body of an answer that nobody wants, which may be a whole disk: not a byte of it is read, at the price of the
 * connection.
 *
 * <p>Thread-safe because it has no state.
 */
final class NoBody implements BodySubscriber<Void> {

    @Override
    public CompletionStage<Void> getBody() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        subscription.cancel();
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
        // Was under way already.
    }

    @Override
    public void onError(Throwable failure) {
        // What happens to it is nobody's concern.
    }

    @Override
    public void onComplete() {
        // It was empty.
    }
}
