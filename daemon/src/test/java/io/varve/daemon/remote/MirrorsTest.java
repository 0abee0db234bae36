package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.MirrorCounts.State;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of reads when origins fail or are slow, in virtual time. */
@Timeout(120)
class MirrorsTest {

    private static final long SIZE = 1 << 20;
    private static final int LENGTH = 4096;
    private static final byte UNTOUCHED = 0x5a;
    private static final long FOREVER_MS = TimeUnit.DAYS.toMillis(1);

    private final VirtualTime time = new VirtualTime();
    private final FakeOrigin a = new FakeOrigin("a", SIZE, 'a', time);
    private final FakeOrigin b = new FakeOrigin("b", SIZE, 'b', time);
    private final UnsafeBuffer buffer = Buffers.alignedDirect(3 * LENGTH);

    private Mirrors mirrors(Origin... origins) {
        return mirrors(ContentCheck.NONE, origins);
    }

    private Mirrors mirrors(ContentCheck check, Origin... origins) {
        return new Mirrors(List.of(origins), check, time, new Random(3), time);
    }

    /** @return who answered */
    private char read(Mirrors mirrors) throws IOException {
        buffer.setMemory(0, buffer.capacity(), UNTOUCHED);
        mirrors.read(8192, buffer, LENGTH, LENGTH, Urgency.DEMAND);
        return answered();
    }

    private char answered() {
        byte[] found = new byte[3 * LENGTH];
        buffer.getBytes(0, found);
        byte[] expected = new byte[3 * LENGTH];
        Arrays.fill(expected, UNTOUCHED);
        Arrays.fill(expected, LENGTH, 2 * LENGTH, found[LENGTH]);
        assertThat(found).isEqualTo(expected);
        return (char) found[LENGTH];
    }

    private OriginException failure(Mirrors mirrors) {
        return catchThrowableOfType(OriginException.class, () -> read(mirrors));
    }

    private long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(time.nowNs());
    }

    private static long[] gaps(List<Long> times) {
        return LongStream.range(1, times.size())
                .map(i -> times.get((int) i) - times.get((int) i - 1))
                .toArray();
    }

    @Test
    void shouldReadFromOneThatAnswers() throws Exception {
        Mirrors mirrors = mirrors(a, b);
        assertThat(mirrors.name()).isEqualTo("a or b");
        assertThat(mirrors.identity()).isEqualTo(new OriginIdentity(SIZE, "a"));
        assertThat(read(mirrors)).isIn('a', 'b');
        assertThat(a.askedMs().size() + b.askedMs().size()).isEqualTo(1);
        assertThatThrownBy(() -> mirrors.read(SIZE - 1, buffer, 0, 2, Urgency.DEMAND))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldLeaveOutADiskOfAnotherSize() throws Exception {
        FakeOrigin other = new FakeOrigin("other", SIZE + 512, 'x', time);
        Mirrors mirrors = mirrors(a, other, b);
        assertThat(mirrors.name()).isEqualTo("a or b");
        assertThat(other.isClosed()).isTrue();
        assertThat(a.isClosed()).isFalse();
        mirrors.close();
        assertThat(a.isClosed()).isTrue();
        assertThat(b.isClosed()).isTrue();
    }

    @Test
    void shouldAskAnotherMirrorAtOnceWhenOneFails() throws Exception {
        a.usually(10, Kind.UNAVAILABLE);
        b.usually(10, Kind.UNAVAILABLE).then(10, null);
        Mirrors mirrors = mirrors(a, b);
        // The one that is drawn first may be b.
        long beginMs = nowMs();
        while (a.askedMs().isEmpty()) {
            b.then(10, null);
            beginMs = nowMs();
            assertThat(read(mirrors)).isEqualTo('b');
        }
        assertThat(nowMs() - beginMs).isEqualTo(20);
        MirrorCounts counts = mirrors.counts().get(1);
        assertThat(counts.extra()).isEqualTo(new MirrorCounts.Extra(1, 1, 0));
        assertThat(mirrors.counts().get(0).failures()).isEqualTo(1);
        assertThat(counts.bytes()).isEqualTo(counts.requests() * LENGTH);
    }

    @Test
    void shouldAskTheSameMirrorAgainAfterAPauseThatGrows() throws Exception {
        Mirrors mirrors = mirrors(a);
        for (int i = 0; i < 5; i++) {
            int before = a.askedMs().size();
            a.then(0, Kind.UNAVAILABLE);
            assertThat(read(mirrors)).isEqualTo('a');
            long[] gaps = gaps(a.askedMs().subList(before, a.askedMs().size()));
            assertThat(gaps).hasSize(1);
            assertThat(gaps[0]).isBetween(25L, 100L);
            // Enough right answers that it is not left alone.
            for (int right = 0; right < 10; right++) {
                read(mirrors);
            }
        }
        assertThat(mirrors.counts().get(0).extra()).isEqualTo(new MirrorCounts.Extra(5, 0, 0));
    }

    @Test
    void shouldGiveUpAfterSixRequestsOfAsManyMirrors() {
        FakeOrigin[] origins = new FakeOrigin[7];
        for (int i = 0; i < origins.length; i++) {
            origins[i] = new FakeOrigin("o" + i, SIZE, i, time).usually(10, Kind.UNAVAILABLE);
        }
        OriginException failure = failure(mirrors(origins));
        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(origins).extracting(origin -> origin.askedMs().size())
                .containsOnly(0, 1)
                .filteredOn(count -> count == 1)
                .hasSize(6);
    }

    @Test
    void shouldAnswerPracticallyEveryReadOfALoneServerThatFailsEachFifthRequest() throws Exception {
        long seed = 20;
        Random random = new Random(seed);
        Mirrors mirrors = mirrors(a);
        int readCount = 5000;
        int failureCount = 0;
        long longestMs = 0;
        for (int i = 0; i < 2 * readCount; i++) {
            a.then(0, random.nextInt(5) == 0 ? Kind.UNAVAILABLE : null);
        }
        for (int i = 0; i < readCount; i++) {
            long beginMs = nowMs();
            failureCount += catchThrowable(() -> read(mirrors)) == null ? 0 : 1;
            longestMs = Math.max(longestMs, nowMs() - beginMs);
        }
        MirrorCounts counts = mirrors.counts().get(0);
        assertThat(failureCount).as("failed reads of %d, seed %d", readCount, seed)
                .isLessThanOrEqualTo(readCount / 1000);
        assertThat(counts.failures()).isBetween(readCount / 5L, readCount * 3 / 10L);
        assertThat((double) counts.requests()).as("requests for %d reads", readCount)
                .isLessThan(1.3 * readCount);
        assertThat(longestMs).isLessThan(5000);
    }

    @Test
    void shouldAskOnceIfNobodyWaits() {
        a.usually(10, Kind.UNAVAILABLE);
        b.usually(10, Kind.UNAVAILABLE);
        Mirrors mirrors = mirrors(a, b);
        assertThatThrownBy(() -> mirrors.read(0, buffer, 0, LENGTH, Urgency.AHEAD))
                .isInstanceOf(OriginException.class);
        assertThat(a.askedMs().size() + b.askedMs().size()).isEqualTo(1);
    }

    @Test
    void shouldReadAheadIntoTheBufferItself() throws Exception {
        buffer.setMemory(0, buffer.capacity(), UNTOUCHED);
        Mirrors mirrors = mirrors(a);
        mirrors.read(0, buffer, LENGTH, LENGTH, Urgency.AHEAD);
        assertThat(answered()).isEqualTo('a');
        assertThat(mirrors.counts().get(0).bytes()).isEqualTo(LENGTH);
    }

    @Test
    void shouldReadManyPiecesAheadOfOneMirror() throws Exception {
        List<Piece> pieces = List.of(new Piece(0, LENGTH, LENGTH / 2), new Piece(8192, LENGTH * 3 / 2, LENGTH / 2));
        List<Integer> arrived = new ArrayList<>();
        buffer.setMemory(0, buffer.capacity(), UNTOUCHED);
        Mirrors mirrors = mirrors(a, b);
        assertThat(mirrors.maxPieces()).isEqualTo(7);
        mirrors.readAll(pieces, buffer, Urgency.AHEAD, (piece, length) -> arrived.add(piece));
        assertThat(answered()).isIn('a', 'b');
        assertThat(arrived).containsExactly(0, 1);
        assertThat(mirrors.counts().stream().mapToLong(MirrorCounts::requests).sum()).isEqualTo(1);
        assertThat(mirrors.counts().stream().mapToLong(MirrorCounts::bytes).sum()).isEqualTo(LENGTH);
        assertThatThrownBy(() -> mirrors.readAll(List.of(new Piece(SIZE - 1, 0, 2)), buffer, Urgency.AHEAD,
                (piece, length) -> arrived.add(piece))).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldHandOnOnlyWhatPassesTheCheck() {
        List<Integer> arrived = new ArrayList<>();
        Mirrors mirrors = mirrors((position, bytes, index, length) -> {
            if (position == 8192) {
                throw new OriginException(Kind.WRONG, "not the right bytes", null);
            }
        }, a);
        assertThatThrownBy(() -> mirrors.readAll(List.of(new Piece(0, 0, 512), new Piece(8192, 512, 512)), buffer,
                Urgency.AHEAD, (piece, length) -> arrived.add(piece))).hasMessage("a: not the right bytes");
        assertThat(arrived).containsExactly(0);
        assertThat(mirrors.counts().get(0).wrong()).isEqualTo(1);
    }

    @Test
    void shouldLeaveABusyServerAloneForAsLongAsItWants() throws Exception {
        Mirrors mirrors = mirrors(a);
        a.thenBusy(7000);
        assertThat(read(mirrors)).isEqualTo('a');
        assertThat(gaps(a.askedMs())).containsExactly(7010);
        // Longer than the client waits: then it need not wait at all.
        a.thenBusy(60_000);
        long beginMs = nowMs();
        assertThat(failure(mirrors).kind()).isEqualTo(Kind.BUSY);
        OriginException failure = failure(mirrors);
        assertThat(failure.kind()).isEqualTo(Kind.BUSY);
        assertThat(failure.retryAfterMs()).isEqualTo(60_000);
        assertThat(nowMs() - beginMs).isEqualTo(10);
    }

    @Test
    void shouldNotAskAgainWhoWouldSayTheSame() {
        a.usually(10, Kind.REFUSED);
        b.usually(10, Kind.REFUSED);
        assertThat(failure(mirrors(a, b)).kind()).isEqualTo(Kind.REFUSED);
        assertThat(a.askedMs()).hasSize(1);
        assertThat(b.askedMs()).hasSize(1);
    }

    @Test
    void shouldNeverAskAgainWhereTheDiskIsAnotherOne() throws Exception {
        Mirrors mirrors = mirrors(a, b);
        a.usually(10, Kind.CHANGED);
        for (int i = 0; i < 50; i++) {
            assertThat(read(mirrors)).isEqualTo('b');
        }
        time.advance(TimeUnit.DAYS.toNanos(1));
        for (int i = 0; i < 50; i++) {
            assertThat(read(mirrors)).isEqualTo('b');
        }
        assertThat(a.askedMs()).hasSizeLessThanOrEqualTo(1);
        while (a.askedMs().isEmpty()) {
            b.then(10, Kind.UNAVAILABLE);
            read(mirrors);
        }
        assertThat(mirrors.counts()).extracting(MirrorCounts::state).containsExactly(State.OUT, State.WELL);
        b.usually(10, Kind.CHANGED);
        assertThat(failure(mirrors).kind()).isEqualTo(Kind.CHANGED);
        OriginException failure = failure(mirrors);
        assertThat(failure.kind()).isEqualTo(Kind.CHANGED);
        assertThat(failure).hasMessage(
                "a or b, bytes 8192-12287: no mirror has the disk any more: a fails");
        assertThat(a.askedMs()).hasSize(1);
    }

    @Test
    void shouldAskAnotherWhenOneSendsWrongBytesAndLeaveThatAlone() throws Exception {
        Mirrors mirrors = mirrors(this::check, a, b);
        while (a.askedMs().isEmpty()) {
            assertThat(read(mirrors)).isEqualTo('b');
        }
        assertThat(mirrors.counts()).extracting(MirrorCounts::wrong).containsExactly(1L, 0L);
        b.usually(1000, null);
        long beginMs = nowMs();
        while (nowMs() - beginMs < 58_000) {
            assertThat(read(mirrors)).isEqualTo('b');
        }
        assertThat(a.askedMs()).hasSize(1);
        while (nowMs() - beginMs < 118_000) {
            assertThat(read(mirrors)).isEqualTo('b');
        }
        assertThat(a.askedMs()).as("it is tried again, and no better").hasSize(2);
        assertThat(mirrors.counts()).extracting(MirrorCounts::wrong).containsExactly(2L, 0L);
        assertThat(mirrors.counts()).extracting(MirrorCounts::state).containsExactly(State.RESTS, State.WELL);
    }

    private void check(long position, org.agrona.DirectBuffer bytes, int index, int length) throws OriginException {
        assertThat(position).isEqualTo(8192);
        if (bytes.getByte(index + length - 1) == 'a') {
            throw new OriginException(Kind.WRONG, "not the right bytes", null);
        }
    }

    @Test
    void shouldAskALoneServerForTheRestAlthoughSomeOfItIsWrong() throws Exception {
        boolean[] isWrong = {true};
        Mirrors mirrors = mirrors((position, bytes, index, length) -> {
            if (isWrong[0]) {
                throw new OriginException(Kind.WRONG, "not the right bytes", null);
            }
        }, a);
        for (int i = 1; i <= 10; i++) {
            OriginException failure = failure(mirrors);
            assertThat(failure.kind()).isEqualTo(Kind.WRONG);
            assertThat(failure).hasMessage("a: not the right bytes");
            assertThat(a.askedMs()).as("asked once for each read").hasSize(i);
        }
        isWrong[0] = false;
        assertThat(read(mirrors)).isEqualTo('a');
    }

    @Test
    void shouldAskASecondMirrorWhenTheFirstIsSlow() throws Exception {
        a.usually(FOREVER_MS, null);
        b.usually(FOREVER_MS, null);
        Mirrors mirrors = mirrors(a, b);
        CompletableFuture<Character> outcome = new CompletableFuture<>();
        // Whoever is asked second answers.
        FakeOrigin first = new Random(3).nextInt(2) == 0 ? a : b;
        FakeOrigin second = first == a ? b : a;
        second.then(10, null);
        long beginMs = nowMs();
        outcome.complete(read(mirrors));
        assertThat(outcome.get()).isEqualTo(second.name().charAt(0));
        assertThat(nowMs() - beginMs).isEqualTo(260);
        assertThat(second.askedMs()).containsExactly(beginMs + 250);
        // The loser is stopped, and what it writes then does not reach the buffer.
        time.awaitIdle();
        assertThat(first.interruptCount()).isEqualTo(1);
        assertThat(answered()).isEqualTo(second.name().charAt(0));
        assertThat(mirrors.counts()).extracting(counts -> counts.extra().hedges()).containsExactlyInAnyOrder(0L, 1L);
        assertThat(mirrors.counts()).extracting(MirrorCounts::failures).containsOnly(0L);
    }

    @Test
    void shouldTakeTheFirstAnswerAlthoughTheSecondMirrorWasAsked() throws Exception {
        a.usually(260, null);
        b.usually(260, null);
        Mirrors mirrors = mirrors(a, b);
        long beginMs = nowMs();
        char winner = read(mirrors);
        assertThat(nowMs() - beginMs).isEqualTo(260);
        time.awaitIdle();
        assertThat(answered()).isEqualTo(winner);
        assertThat(a.askedMs().size() + b.askedMs().size()).isEqualTo(2);
        assertThat(a.interruptCount() + b.interruptCount()).isEqualTo(1);
    }

    @Test
    void shouldWaitForTheSecondIfTheFirstFailsMeanwhile() throws Exception {
        a.usually(300, Kind.UNAVAILABLE);
        b.usually(300, Kind.UNAVAILABLE);
        Mirrors mirrors = mirrors(a, b);
        FakeOrigin second = new Random(3).nextInt(2) == 0 ? b : a;
        second.then(500, null);
        long beginMs = nowMs();
        assertThat(read(mirrors)).isEqualTo(second.name().charAt(0));
        assertThat(nowMs() - beginMs).isEqualTo(750);
        assertThat(a.askedMs().size() + b.askedMs().size()).isEqualTo(2);
    }

    @Test
    void shouldNotAskASecondMirrorOftenerThanTheBudgetAllows() throws Exception {
        a.usually(1000, null);
        b.usually(1000, null);
        Mirrors mirrors = mirrors(a, b);
        // So few that neither has a percentile yet.
        for (int i = 0; i < 19; i++) {
            read(mirrors);
        }
        time.awaitIdle();
        long hedges = mirrors.counts().stream().mapToLong(counts -> counts.extra().hedges()).sum();
        assertThat(hedges).isEqualTo(1);
        assertThat(a.askedMs().size() + b.askedMs().size()).isEqualTo(20);
    }

    @Test
    void shouldNotTakeForSlowWhatIsUsual() throws Exception {
        a.usually(400, null);
        Mirrors mirrors = mirrors(a, b);
        b.usually(10, Kind.BUSY).thenBusy(60_000);
        while (b.askedMs().isEmpty()) {
            read(mirrors);
        }
        for (int i = 0; i < 25; i++) {
            assertThat(read(mirrors)).isEqualTo('a');
        }
        time.advance(TimeUnit.SECONDS.toNanos(60));
        // It is tried, because nothing is known of its speed, and found slow.
        b.usually(5000, null);
        read(mirrors);
        time.awaitIdle();
        assertThat(b.askedMs()).hasSize(2);
        for (int i = 0; i < 20; i++) {
            assertThat(read(mirrors)).isEqualTo('a');
        }
        assertThat(b.askedMs()).hasSize(2);
    }

    @Test
    void shouldPreferTheFasterMirror() throws Exception {
        a.usually(100, null);
        b.usually(20, null);
        Mirrors mirrors = mirrors(a, b);
        for (int i = 0; i < 100; i++) {
            read(mirrors);
        }
        assertThat(a.askedMs()).hasSizeBetween(1, 3);
        // What was known of the slower one fades, and it is tried again.
        time.advance(TimeUnit.SECONDS.toNanos(600));
        read(mirrors);
        a.usually(1, null);
        for (int i = 0; i < 20; i++) {
            time.advance(TimeUnit.SECONDS.toNanos(30));
            read(mirrors);
        }
        assertThat(a.askedMs()).hasSizeGreaterThan(4);
    }

    @Test
    void shouldWaitForTheBudgetBeforeItRetries() throws Exception {
        Mirrors mirrors = mirrors(a);
        long beginNs = time.nowNs();
        int readCount = 0;
        a.usually(0, null);
        for (int i = 0; i < 100; i++) {
            a.then(0, Kind.UNAVAILABLE);
            // Few enough errors that it is not left alone, more than the budget has retries for.
            for (int read = 0; read < 2; read++) {
                readCount++;
                assertThat(read(mirrors)).isEqualTo('a');
            }
        }
        assertThat(mirrors.counts().get(0).extra().retries()).isEqualTo(100);
        double seconds = (time.nowNs() - beginNs) / 1e9;
        assertThat(100.0).isLessThanOrEqualTo(10 + 0.3 * readCount + seconds);
        assertThat(seconds).as("it waits no longer than it must").isLessThan(100 - 10 - 0.3 * readCount + 1);
    }

    @Test
    void shouldGiveUpWhenTheBudgetHasNothingInTime() {
        a.usually(19_500, Kind.UNAVAILABLE);
        CompletableFuture<Mirrors> mirrors = new CompletableFuture<>();
        Origin othersRetry = (Origin) java.lang.reflect.Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Origin.class}, (proxy, method, arguments) -> {
                    try {
                        return method.invoke(a, arguments);
                    } catch (java.lang.reflect.InvocationTargetException e) {
                        while (mirrors.join().mayRetry()) {
                            assertThat(e.getCause()).hasMessage("a fails");
                        }
                        throw e.getCause();
                    }
                });
        mirrors.complete(mirrors(othersRetry));
        long beginMs = nowMs();
        assertThat(failure(mirrors.join())).hasMessage("a fails");
        assertThat(nowMs() - beginMs).isEqualTo(19_500);
        assertThat(a.askedMs()).hasSize(1);
    }

    @Test
    void shouldLeaveADeadMirrorAloneAndTryItEverMoreRarely() throws Exception {
        a.usually(0, Kind.UNAVAILABLE);
        Mirrors mirrors = mirrors(a, b);
        long beginMs = nowMs();
        while (nowMs() - beginMs < 400_000) {
            assertThat(read(mirrors)).isEqualTo('b');
            time.advance(TimeUnit.MILLISECONDS.toNanos(40));
        }
        long[] gaps = gaps(a.askedMs());
        // Twice, until it is known, then after 5, 10, 20, 40 and always 60 s.
        assertThat(gaps).hasSizeBetween(9, 11);
        for (int i = 1; i < gaps.length; i++) {
            long expected = Math.min(60_000, 5_000L << (i - 1));
            assertThat(gaps[i]).as("gap %d of %s", i, Arrays.toString(gaps)).isBetween(expected, expected + 60);
        }
        a.usually(0, null);
        time.advance(TimeUnit.SECONDS.toNanos(60));
        assertThat(read(mirrors)).isEqualTo('a');
        assertThat(read(mirrors)).isEqualTo('a');
    }

    @Test
    void shouldNotLetAClientWaitForATrialThatHangs() throws Exception {
        a.usually(0, Kind.UNAVAILABLE);
        Mirrors mirrors = mirrors(a, b);
        while (a.askedMs().size() < 2) {
            read(mirrors);
        }
        while (mirrors.mayHedge()) {
            assertThat(mirrors.counts().get(0).extra().hedges()).isZero();
        }
        a.usually(FOREVER_MS, null);
        time.advance(TimeUnit.SECONDS.toNanos(5));
        long beginMs = nowMs();
        assertThat(read(mirrors)).isEqualTo('b');
        assertThat(nowMs() - beginMs).isEqualTo(260);
        assertThat(a.askedMs()).hasSize(3);
    }

    @Test
    void shouldTryASingleMirrorThatRestsBeforeItGivesUp() throws Exception {
        for (int i = 0; i < 7; i++) {
            a.then(0, Kind.UNAVAILABLE);
        }
        Mirrors mirrors = mirrors(a);
        assertThat(failure(mirrors).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(read(mirrors)).isEqualTo('a');
        assertThat(gaps(a.askedMs())).hasSize(7).endsWith(1000);
    }

    @Test
    void shouldFailAtOnceWhileTheOnlyMirrorRestsForLong() {
        a.usually(0, Kind.UNAVAILABLE);
        Mirrors mirrors = mirrors(a);
        for (int i = 0; i < 10; i++) {
            failure(mirrors);
            time.advance(TimeUnit.SECONDS.toNanos(1));
        }
        long beginMs = nowMs();
        int requests = a.askedMs().size();
        OriginException failure = failure(mirrors);
        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(failure).hasMessage("a, bytes 8192-12287: every mirror is left alone for a while");
        assertThat(failure.retryAfterMs()).isPositive();
        assertThat(nowMs()).isEqualTo(beginMs);
        assertThat(a.askedMs()).hasSize(requests);
    }

    @Test
    void shouldNotLetAClientWaitLongerThanTwentySeconds() throws Exception {
        a.usually(FOREVER_MS, null);
        long beginMs = nowMs();
        OriginException failure = failure(mirrors(a));
        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(failure).hasMessage("a, bytes 8192-12287: no answer in the time that a client waits");
        assertThat(nowMs() - beginMs).isEqualTo(20_000);
        time.awaitIdle();
        assertThat(a.interruptCount()).isEqualTo(1);
    }

    @Test
    void shouldFailWithoutBlameIfNoThreadIsLeft() {
        Executor full = task -> {
            throw new RejectedExecutionException();
        };
        Mirrors mirrors = new Mirrors(List.of(a), ContentCheck.NONE, time, new Random(3), full);
        OriginException failure = failure(mirrors);
        assertThat(failure).hasMessage("a, bytes 8192-12287: no thread to read it");
        assertThat(mirrors.counts().get(0).failures()).isZero();
    }

    @Test
    void shouldTakeABugOfAnOriginForAFailure() throws Exception {
        Origin broken = (Origin) java.lang.reflect.Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Origin.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("read")) {
                        throw new IllegalStateException("bug");
                    }
                    return method.invoke(a, arguments);
                });
        Mirrors mirrors = mirrors(broken);
        OriginException failure = failure(mirrors);
        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(failure).hasMessageContaining("bug");
    }

    /** Blocks until it is interrupted or closed. */
    private final class Stuck implements Origin {

        private final CompletableFuture<Void> asked = new CompletableFuture<>();
        private final CompletableFuture<Void> closed = new CompletableFuture<>();

        @Override
        public String name() {
            return "stuck";
        }

        @Override
        public OriginIdentity identity() {
            return a.identity();
        }

        @Override
        public void read(long position, org.agrona.MutableDirectBuffer destination, int index, int length,
                Urgency urgency) throws IOException {
            asked.complete(null);
            try {
                closed.get();
            } catch (InterruptedException e) {
                throw new InterruptedIOException();
            } catch (java.util.concurrent.ExecutionException e) {
                throw new IOException(e);
            }
            throw new IOException("closed");
        }

        @Override
        public void close() {
            closed.complete(null);
        }
    }

    @Test
    void shouldNotBlameAMirrorThatItCloses() throws Exception {
        for (Urgency urgency : Urgency.values()) {
            Stuck stuck = new Stuck();
            Mirrors mirrors = new Mirrors(List.of(stuck), ContentCheck.NONE, Timing.SYSTEM, new Random(3),
                    task -> new Thread(task).start());
            CompletableFuture<Throwable> outcome = CompletableFuture.supplyAsync(
                    () -> catchThrowable(() -> mirrors.read(0, buffer, 0, LENGTH, urgency)),
                    command -> new Thread(command).start());
            stuck.asked.get(20, TimeUnit.SECONDS);
            mirrors.close();
            assertThat(outcome.get(15, TimeUnit.SECONDS)).isInstanceOf(OriginException.class);
            assertThat(mirrors.counts().get(0).failures()).isZero();
        }
    }

    @Test
    void shouldNotLeaveAnInterruptToTheNextTaskOfTheThread() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        Origin deaf = (Origin) java.lang.reflect.Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Origin.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("read")) {
                        return method.invoke(a, arguments);
                    }
                    asked.complete(null);
                    while (!Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                    return null;
                });
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Executor executor = task -> new Thread(() -> {
            task.run();
            interrupted.complete(Thread.interrupted());
        }).start();
        Mirrors mirrors = new Mirrors(List.of(deaf), ContentCheck.NONE, Timing.SYSTEM, new Random(3), executor);
        Thread reader = new Thread(() -> catchThrowable(() -> read(mirrors)));
        reader.start();
        asked.get(20, TimeUnit.SECONDS);
        reader.interrupt();
        assertThat(interrupted.get(20, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void shouldEndReadsThatWaitWhenItIsClosedOrTheThreadInterrupted() throws Exception {
        java.util.concurrent.ExecutorService threads = Executors.newCachedThreadPool();
        try {
            for (boolean interrupts : new boolean[] {false, true}) {
                Stuck stuck = new Stuck();
                Mirrors mirrors = new Mirrors(
                        List.of(stuck), ContentCheck.NONE, Timing.SYSTEM, new Random(3), threads);
                CompletableFuture<Throwable> outcome = new CompletableFuture<>();
                Thread reader = new Thread(() -> outcome.complete(catchThrowable(() -> read(mirrors))));
                reader.start();
                stuck.asked.get(20, TimeUnit.SECONDS);
                if (interrupts) {
                    reader.interrupt();
                    assertThat(outcome.get(15, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
                } else {
                    mirrors.close();
                    assertThat(outcome.get(15, TimeUnit.SECONDS)).hasMessageEndingWith("it has been closed");
                    assertThat(failure(mirrors)).hasMessageEndingWith("it has been closed");
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
