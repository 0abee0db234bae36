package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.agrona.MutableDirectBuffer;

/**
 * The body of an answer on its way into a buffer, piece by piece as it comes, and not a byte more than was asked for.
 *
 * <p>Thread-safe because its lock is held for each piece, and after {@link #seal} nothing is written.
 */
final class RangeBody implements BodySubscriber<Void> {

    private final MutableDirectBuffer destination;
    private final int index;
    private final int length;
    private final HttpJudge judge;
    private final CompletableFuture<Void> whole = new CompletableFuture<>();
    private Subscription subscription;
    private int received;
    private boolean sealed;

    /** @param judge names the bytes in messages */
    RangeBody(MutableDirectBuffer destination, int index, int length, HttpJudge judge) {
        this.destination = destination;
        this.index = index;
        this.length = length;
        this.judge = judge;
    }

    @Override
    public CompletionStage<Void> getBody() {
        return whole;
    }

    @Override
    public synchronized void onSubscribe(Subscription subscription) {
        if (sealed || this.subscription != null) {
            subscription.cancel();
            return;
        }
        this.subscription = subscription;
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> pieces) {
        for (ByteBuffer piece : pieces) {
            if (sealed) {
                return;
            }
            int count = piece.remaining();
            if (count > length - received) {
                sealed = true;
                subscription.cancel();
                whole.completeExceptionally(judge.failure(Kind.REFUSED, "the server sends more than " + length
                        + " bytes"));
                return;
            }
            destination.putBytes(index + received, piece, piece.position(), count);
            received += count;
        }
    }

    @Override
    public synchronized void onError(Throwable failure) {
        sealed = true;
        whole.completeExceptionally(failure);
    }

    @Override
    public synchronized void onComplete() {
        sealed = true;
        if (received == length) {
            whole.complete(null);
        } else {
            whole.completeExceptionally(
                    judge.failure(Kind.UNAVAILABLE, "the answer ends after " + received + " bytes"));
        }
    }

    /** Once this has returned, the buffer is the caller's again. */
    synchronized void seal() {
        sealed = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
