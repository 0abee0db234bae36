package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What a body does to a buffer, and when it no longer does. */
class AnswerBodyTest {

    private final UnsafeBuffer buffer = Buffers.alignedDirect(64);
    private final AtomicInteger cancelCount = new AtomicInteger();
    private final int[] received = new int[1];
    private final AnswerBody body = body();

    private final Subscription subscription = new Subscription() {
        @Override
        public void request(long count) {
            assertThat(count).isPositive();
        }

        @Override
        public void cancel() {
            cancelCount.incrementAndGet();
        }
    };

    private AnswerBody body() {
        ByteRange range = new ByteRange(0, 16);
        HttpJudge judge = new HttpJudge("x", List.of(range), 16, new HttpValidator("", false), () -> Instant.EPOCH);
        Scatter scatter = new Scatter(List.of(new Piece(0, 8, 16)), buffer, judge);
        try {
            return new AnswerBody(scatter).readBy(new PlainBodyReader(range, scatter, judge));
        } catch (OriginException e) {
            throw new AssertionError(e);
        }
    }

    private static List<ByteBuffer> pieces(int... lengths) {
        return java.util.Arrays.stream(lengths).mapToObj(AnswerBodyTest::ones).toList();
    }

    /** Not at the start of its array, as pieces of a network buffer are. */
    private static ByteBuffer ones(int length) {
        byte[] bytes = new byte[length + 3];
        java.util.Arrays.fill(bytes, (byte) 1);
        bytes[0] = bytes[1] = bytes[2] = 9;
        return ByteBuffer.wrap(bytes, 3, length);
    }

    private int sum() {
        int sum = 0;
        for (int i = 0; i < buffer.capacity(); i++) {
            sum += buffer.getByte(i);
        }
        return sum;
    }

    @Test
    void shouldPlacePiecesOneBehindTheOther() throws Exception {
        body.onSubscribe(subscription);
        body.onNext(pieces(3, 0, 5));
        body.awaitNews(Long.MAX_VALUE, received);
        assertThat(received).containsExactly(8);
        body.onNext(pieces(8));
        assertThat(body.getBody().toCompletableFuture()).isNotDone();
        body.onComplete();
        assertThat(body.getBody().toCompletableFuture()).isCompleted();
        assertThat(sum()).isEqualTo(16);
        assertThat(buffer.getLong(8)).isEqualTo(0x0101010101010101L);
        assertThat(buffer.getLong(16)).isEqualTo(0x0101010101010101L);
    }

    @Test
    void shouldWriteNothingOnceItIsSealed() {
        body.onSubscribe(subscription);
        body.onNext(pieces(4));
        body.seal();
        body.onNext(pieces(4, 8));
        body.onComplete();
        assertThat(sum()).isEqualTo(4);
        assertThat(cancelCount).hasPositiveValue();
        assertThat(body.getBody().toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void shouldTakeNothingThatBeginsAfterItIsSealed() {
        body.seal();
        body.onSubscribe(subscription);
        assertThat(cancelCount).hasValue(1);
    }

    @Test
    void shouldStopAtAPieceThatIsTooLong() {
        body.onSubscribe(subscription);
        body.onNext(pieces(10, 7, 1));
        assertThat(cancelCount).hasValue(1);
        assertThat(sum()).isEqualTo(10);
        body.onComplete();
        assertThat(body.getBody().toCompletableFuture()).isCompletedExceptionally();
    }
}
