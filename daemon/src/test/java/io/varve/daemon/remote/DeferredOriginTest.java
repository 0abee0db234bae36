package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When an origin is opened that is known from before, and when it is not taken for the same. */
@Timeout(60)
class DeferredOriginTest {

    private static final long SIZE = 1 << 20;

    private final VirtualTime time = new VirtualTime();
    private final FakeOrigin a = new FakeOrigin("a", SIZE, 'a', time);
    private final AtomicInteger openCount = new AtomicInteger();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(4096);
    private IOException failure;

    private DeferredOrigin deferred(long size, String validator) {
        return new DeferredOrigin("d", new OriginIdentity(size, validator), () -> {
            openCount.incrementAndGet();
            if (failure != null) {
                throw failure;
            }
            return a;
        });
    }

    private void read(Origin origin) throws IOException {
        origin.read(0, buffer, 0, 4096, Urgency.AHEAD);
    }

    @Test
    void shouldOpenOnceWhenItIsNeeded() throws Exception {
        DeferredOrigin origin = deferred(SIZE, "a");
        assertThat(origin.name()).isEqualTo("d");
        assertThat(origin.identity()).isEqualTo(new OriginIdentity(SIZE, "a"));
        assertThatThrownBy(() -> origin.read(SIZE, buffer, 0, 1, Urgency.AHEAD))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(openCount).hasValue(0);
        read(origin);
        read(origin);
        assertThat(buffer.getByte(4095)).isEqualTo((byte) 'a');
        assertThat(openCount).hasValue(1);
        origin.close();
        assertThat(a.isClosed()).isTrue();
    }

    @Test
    void shouldReadManyPieces() throws Exception {
        DeferredOrigin origin = deferred(SIZE, "a");
        assertThat(origin.maxPieces()).isEqualTo(1);
        List<Integer> arrived = new ArrayList<>();
        origin.readAll(List.of(new Piece(0, 0, 10), new Piece(20, 10, 10)), buffer, Urgency.AHEAD,
                (piece, length) -> arrived.add(piece));
        assertThat(arrived).containsExactly(0, 1);
        assertThat(buffer.getByte(19)).isEqualTo((byte) 'a');
        assertThat(origin.maxPieces()).isEqualTo(7);
        assertThatThrownBy(() -> origin.readAll(List.of(new Piece(0, 0, 10), new Piece(SIZE - 1, 10, 2)), buffer,
                Urgency.AHEAD, (piece, length) -> arrived.add(piece))).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(arrived).hasSize(2);
    }

    @Test
    void shouldTryAgainUntilItCanBeOpened() throws Exception {
        DeferredOrigin origin = deferred(SIZE, "");
        failure = new OriginException(Kind.UNAVAILABLE, "down", null);
        assertThatThrownBy(() -> read(origin)).isSameAs(failure);
        assertThatThrownBy(() -> read(origin)).isSameAs(failure);
        failure = null;
        read(origin);
        assertThat(openCount).hasValue(3);
    }

    @Test
    void shouldNotTakeAnotherDiskForTheOneThatWasNoted() {
        OriginException failure = catchThrowableOfType(OriginException.class, () -> read(deferred(SIZE + 1, "")));
        assertThat(failure.kind()).isEqualTo(Kind.CHANGED);
        assertThat(failure).hasMessage("d: it is another disk than the one that was noted, 1048576 bytes of a and not "
                + "1048577 bytes");
        assertThat(a.isClosed()).isTrue();
        failure = catchThrowableOfType(OriginException.class, () -> read(deferred(SIZE, "b")));
        assertThat(failure.kind()).isEqualTo(Kind.CHANGED);
        assertThat(a.askedMs()).isEmpty();
    }

    @Test
    void shouldCloseWhatIsOpenedTooLate() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        DeferredOrigin origin = new DeferredOrigin("d", new OriginIdentity(SIZE, ""), () -> {
            begun.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return a;
        });
        CompletableFuture<Throwable> reading = CompletableFuture.supplyAsync(
                () -> catchThrowable(() -> read(origin)), command -> new Thread(command).start());
        begun.await();
        origin.close();
        assertThat(a.isClosed()).isFalse();
        release.countDown();
        assertThat(reading.get(20, TimeUnit.SECONDS)).hasMessage("d: it has been closed");
        assertThat(a.isClosed()).isTrue();
        assertThat(catchThrowable(() -> read(origin))).hasMessage("d: it has been closed");
    }

    @Test
    void shouldServeFromAnotherMirrorUntilItIsThere() throws Exception {
        FakeOrigin b = new FakeOrigin("b", SIZE, 'b', time).usually(40, null);
        failure = new OriginException(Kind.UNAVAILABLE, "down", null);
        List<Character> answers = new ArrayList<>();
        try (Mirrors mirrors = new Mirrors(
                List.of(deferred(SIZE, ""), b), ContentCheck.NONE, time, new Random(5), time)) {
            for (int i = 0; i < 100; i++) {
                mirrors.read(0, buffer, 0, 4096, Urgency.DEMAND);
                answers.add((char) buffer.getByte(0));
                failure = i < 50 ? failure : null;
                time.advance(TimeUnit.SECONDS.toNanos(1));
            }
        }
        assertThat(answers.subList(0, 50)).containsOnly('b');
        assertThat(answers.get(99)).isEqualTo('a');
        assertThat(openCount).hasValueLessThan(10);
    }
}
