package io.varve.daemon.remote;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer on its way into a buffer, as it comes; who waits for it can see how far it is.
 *
 * <p>Thread-safe because its lock is held for each step, and after {@link #seal} nothing is written.
 */
final class AnswerBody implements BodySubscriber<Void> {

    private final Scatter scatter;
    private final CompletableFuture<Void> whole = new CompletableFuture<>();
    private BodyReader reader;
    private Subscription subscription;
    private boolean sealed;
    private boolean news;

    /** @param scatter what the reader writes to */
    AnswerBody(Scatter scatter) {
        this.scatter = scatter;
    }

    /** @param newReader that makes something of the bytes; before they come */
    synchronized AnswerBody readBy(BodyReader newReader) {
        reader = newReader;
        return this;
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
        try {
            read(pieces);
        } catch (OriginException | RuntimeException e) {
            seal();
            whole.completeExceptionally(e);
        }
    }

    private synchronized void read(List<ByteBuffer> pieces) throws OriginException {
        for (ByteBuffer piece : pieces) {
            if (!sealed) {
                reader.read(piece);
            }
        }
        wake();
    }

    @Override
    public synchronized void onError(Throwable failure) {
        sealed = true;
        whole.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        try {
            end();
            whole.complete(null);
        } catch (OriginException | RuntimeException e) {
            whole.completeExceptionally(e);
        }
    }

    private synchronized void end() throws OriginException {
        sealed = true;
        reader.end();
    }

    /** Ends the wait for news. */
    synchronized void wake() {
        news = true;
        notifyAll();
    }

    /**
     * Waits until something has come, or the answer is over, or the time.
     *
     * @param timeoutNs at most; 0 or less does not wait
     * @param received  gets the bytes that are there of each piece
     */
    synchronized void awaitNews(long timeoutNs, int[] received) throws InterruptedException {
        if (!news && timeoutNs > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, timeoutNs);
        }
        news = false;
        for (int i = 0; i < received.length; i++) {
            received[i] = scatter.received(i);
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
