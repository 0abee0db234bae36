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
    public void onSubscribe(Subscription subscription) {
        boolean wanted;
        synchronized (this) {
            wanted = !sealed && this.subscription == null;
            if (wanted) {
                this.subscription = subscription;
            }
        }
        // Without the lock: the client has locks of its own, which it may hold when it calls.
        if (wanted) {
            subscription.request(Long.MAX_VALUE);
        } else {
            subscription.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
        if (!place(pieces)) {
            seal();
            whole.completeExceptionally(
                    judge.failure(Kind.REFUSED, "the server sends more than " + length + " bytes"));
        }
    }

    /** @return whether there was room for them */
    private synchronized boolean place(List<ByteBuffer> pieces) {
        for (ByteBuffer piece : pieces) {
            int count = piece.remaining();
            if (sealed) {
                return true;
            }
            if (count > length - received) {
                return false;
            }
            destination.putBytes(index + received, piece, piece.position(), count);
            received += count;
        }
        return true;
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
    void seal() {
        Subscription begun;
        synchronized (this) {
            sealed = true;
            begun = subscription;
        }
        if (begun != null) {
            begun.cancel();
        }
    }
}
