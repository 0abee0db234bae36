package io.varve.daemon.remote;

import static io.varve.daemon.remote.RemoteFixture.DISK;
import static io.varve.daemon.remote.RemoteFixture.LAST;
import static io.varve.daemon.remote.RemoteFixture.failureOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.cache.DiskPattern;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SourceRange;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RemoteSourceTest {

    private static final Path DIRECTORY = Path.of("/cache");
    private static final long FOREVER_NS = TimeUnit.HOURS.toNanos(1);
    private static final int READERS = 50;

    private final SimFileSpace space = new SimFileSpace();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(Chunks.CHUNK_SIZE);
    private final CountDownLatch goOn = new CountDownLatch(1);
    /** Number of the read that is answered with other bytes. */
    private volatile int lies;
    private RemoteFixture test = fixture(new RemoteLimits(FOREVER_NS, FOREVER_NS, 4), 1000);

    RemoteSourceTest() throws IOException {}

    private RemoteFixture fixture(RemoteLimits limits, int cacheChunks) throws IOException {
        return new RemoteFixture(space, DIRECTORY, cacheChunks, limits);
    }

    private void restart(RemoteLimits limits, int cacheChunks) throws IOException {
        test.close();
        test = fixture(limits, cacheChunks);
    }

    @AfterEach
    void closeAndFindNothingLeft() throws IOException {
        goOn.countDown();
        test.close();
        assertThat(space.openCount()).isZero();
    }

    @Test
    void shouldReadEverythingOnce() throws IOException {
        int length = (int) Pages.offset(Pages.count(DISK.size()));
        test.read(0, length);
        assertThat(test.origin.reads()).extracting(PatternOrigin.Read::length)
                .containsExactly(4 << 20, (int) DISK.size() - (4 << 20));
        assertThat(test.counters.demandChunks()).isEqualTo(LAST + 1);
        assertThat(test.counters.demandBytes()).isEqualTo(DISK.size());
        test.read(0, length);
        assertThat(test.origin.reads()).hasSize(2);
        assertThat(test.counters.hits()).isEqualTo(1);
    }

    @Test
    void shouldReadAnyPart() throws IOException {
        for (int position : new int[] {0, 1, 4095, 65535, 65536, 100_000}) {
            for (int length : new int[] {0, 1, 4096, 65536, 65537, 200_000}) {
                test.read(position, length);
            }
        }
        test.read(DISK.size() - 1, 100);
        test.read(DISK.size() + 10, 20);
        assertThat(test.origin.reads()).allMatch(read -> read.urgency() == Urgency.DEMAND);
    }

    @Test
    void shouldAnswerAtOnceWhatIsHere() throws IOException {
        assertThat(test.source.readNow(4096, buffer, 0, 8192)).isEqualTo(BlockSource.WOULD_BLOCK);
        test.readChunk(0);
        test.readChunk(LAST - 1);
        assertThat(test.source.readNow(4096, buffer, 0, 8192)).isEqualTo(8192);
        DISK.require(4096, buffer, 0, 8192);
        buffer.setMemory(0, 4096, (byte) 7);
        assertThat(test.source.readNow(DISK.size() + 1, buffer, 0, 100)).isEqualTo(100);
        DISK.require(DISK.size() + 1, buffer, 0, 100);
        test.readChunk(LAST - 1);
        test.read(Chunks.position(LAST), 5000);
        long lastPage = Pages.offset(Pages.index(DISK.size()));
        assertThat(test.source.readNow(lastPage, buffer, 0, 4096)).isEqualTo(4096);
        DISK.require(lastPage, buffer, 0, 4096);
    }

    @Test
    void shouldRefuseWhatIsNotInside() {
        long end = Pages.offset(Pages.count(DISK.size()));
        for (long[] range : new long[][] {{-1, 1}, {end, 1}, {end - 1, 2}, {Long.MAX_VALUE, 5}}) {
            assertThatThrownBy(() -> test.source.read(range[0], buffer, 0, (int) range[1]))
                    .isInstanceOf(IOException.class).hasMessageContaining("not inside");
            assertThatThrownBy(() -> test.source.readNow(range[0], buffer, 0, (int) range[1]))
                    .isInstanceOf(IOException.class).hasMessageContaining("not inside");
        }
    }

    @Test
    void shouldFetchOverSmallGapsOnly() throws IOException {
        test.load(2, 4);
        test.load(9, 5);
        test.read(0, 16 * Chunks.CHUNK_SIZE);

        assertThat(test.origin.reads().stream().skip(2))
                .extracting(read -> Chunks.index(read.position()), PatternOrigin.Read::length)
                .containsExactly(tuple(0, 9 * Chunks.CHUNK_SIZE), tuple(14, 2 * Chunks.CHUNK_SIZE));
    }

    @Test
    void shouldFetchTheClusterOfWhatAClientReads() throws IOException {
        test.load(11, 1);
        test.read(Chunks.position(9) + 10, 4096);
        test.read(Chunks.position(LAST) + 10, 20);

        assertThat(test.origin.reads().stream().skip(1))
                .extracting(read -> Chunks.index(read.position()), PatternOrigin.Read::length)
                .containsExactly(tuple(8, 3 * Chunks.CHUNK_SIZE), tuple(LAST, 5000));
        assertThat(test.cache.isReady(8)).isTrue();
    }

    @Test
    void shouldFetchAChunkOnceHoweverManyWait() throws Exception {
        test.origin.script(read -> goOn.await());
        List<Future<Void>> readers = test.startReading(5, READERS);
        test.awaitJoined(READERS - 1);
        goOn.countDown();

        for (Future<Void> reader : readers) {
            assertThat(failureOf(reader)).isNull();
        }
        assertThat(test.origin.reads()).hasSize(1);
        assertThat(test.buffers.retained()).isEqualTo(65_536);
    }

    @Test
    void shouldFetchAChunkOnceAlsoWithoutACache() throws Exception {
        test.close();
        space.limitSpace(space.allocatedPages());
        test = new RemoteFixture(space, Path.of("/full"), 200, new RemoteLimits(FOREVER_NS, FOREVER_NS, 4));
        assertThat(test.counters.cache().failures()).isEqualTo(1);
        test.origin.script(read -> goOn.await());
        List<Future<Void>> readers = test.startReading(5, READERS);
        test.awaitJoined(READERS - 1);
        goOn.countDown();

        for (Future<Void> reader : readers) {
            assertThat(failureOf(reader)).isNull();
        }
        assertThat(test.origin.reads()).hasSize(1);
        test.read(0, (int) DISK.size());
        test.load(0, LAST + 1);
        assertThat(test.origin.reads()).hasSize(3);
        assertThat(test.source.readNow(0, buffer, 0, 512)).isEqualTo(BlockSource.WOULD_BLOCK);
    }

    @Test
    void shouldReadOnWhenTheCacheFillsUp() throws IOException {
        space.limitSpace(space.allocatedPages() + 100);
        for (int chunk = 0; chunk < LAST; chunk++) {
            test.readChunk(chunk);
            test.readChunk(0);
        }
        assertThat(test.counters.cache().failures()).isEqualTo(1);
    }

    @Test
    void shouldAskAgainWhenWhoAskedFailed() throws Exception {
        test.origin.script(read -> {
            goOn.await();
            if (read.number() == 0) {
                throw PatternOrigin.failure(Kind.UNAVAILABLE);
            }
        });
        Future<Void> leader = test.startReading(5);
        test.awaitReads(1);
        List<Future<Void>> followers = test.startReading(5, 10);
        test.awaitJoined(10);
        goOn.countDown();

        assertThat(failureOf(leader)).isInstanceOf(OriginException.class).hasMessageContaining("UNAVAILABLE");
        for (Future<Void> follower : followers) {
            assertThat(failureOf(follower)).isNull();
        }
        assertThat(test.origin.reads()).hasSize(2);
    }

    @Test
    void shouldGiveUpAfterTheSecondFailure() throws Exception {
        test.origin.script(read -> {
            goOn.await();
            throw PatternOrigin.failure(Kind.UNAVAILABLE);
        });
        List<Future<Void>> readers = test.startReading(5, 10);
        test.awaitJoined(9);
        goOn.countDown();

        for (Future<Void> reader : readers) {
            assertThat(((OriginException) failureOf(reader)).kind()).isEqualTo(Kind.UNAVAILABLE);
        }
        test.origin.script(read -> { });
        test.readChunk(5);
    }

    @Test
    void shouldNotAskAgainWhatWasRefused() throws Exception {
        test.origin.script(read -> {
            goOn.await();
            throw PatternOrigin.failure(Kind.REFUSED);
        });
        List<Future<Void>> readers = test.startReading(5, 10);
        test.awaitJoined(9);
        goOn.countDown();

        for (Future<Void> reader : readers) {
            assertThat(((OriginException) failureOf(reader)).kind()).isEqualTo(Kind.REFUSED);
        }
        assertThat(test.origin.reads()).hasSize(1);
    }

    @Test
    void shouldNotHangWhenALeaderBreaks() throws Exception {
        test.origin.script(read -> {
            goOn.await();
            if (read.number() == 0) {
                throw new AssertionError("a defect");
            }
            throw new IllegalStateException("another one");
        });
        Future<Void> leader = test.startReading(5);
        test.awaitReads(1);
        Future<Void> follower = test.startReading(5);
        test.awaitJoined(1);
        goOn.countDown();

        assertThat(failureOf(leader)).isInstanceOf(AssertionError.class);
        assertThat(failureOf(follower)).isInstanceOf(IOException.class).hasMessageContaining("defect")
                .hasRootCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldSurviveWithoutMemoryForAFetch() throws IOException {
        test.origin.script(read -> {
            throw new OutOfMemoryError("Cannot reserve 65536 bytes of direct buffer memory");
        });
        assertThatThrownBy(() -> test.readChunk(5)).isInstanceOf(IOException.class).hasMessageContaining("no memory");
        test.origin.script(read -> { });
        test.readChunk(5);
    }

    @Test
    void shouldNotLetAReaderSeeThatReadingAheadFailed() throws Exception {
        test.origin.script(read -> {
            if (read.urgency() == Urgency.AHEAD) {
                goOn.await();
                throw PatternOrigin.failure(Kind.REFUSED);
            }
        });
        Future<Void> ahead = test.startLoading(0, 20);
        test.awaitReads(1);
        List<Future<Void>> readers = test.startReading(5, 10);
        test.awaitJoined(10);
        goOn.countDown();

        assertThat(failureOf(ahead)).isInstanceOf(OriginException.class);
        for (Future<Void> reader : readers) {
            assertThat(failureOf(reader)).isNull();
        }
        assertThat(test.origin.reads()).hasSize(2);
    }

    @Test
    void shouldOvertakeReadingAheadThatDoesNotCome() throws Exception {
        restart(new RemoteLimits(FOREVER_NS, 1, 4), 1000);
        test.origin.script(read -> {
            if (read.urgency() == Urgency.AHEAD) {
                goOn.await();
            }
        });
        Future<Void> ahead = test.startLoading(0, 20);
        test.awaitReads(1);

        for (Future<Void> reader : test.startReading(5, 10)) {
            assertThat(failureOf(reader)).isNull();
        }
        assertThat(test.origin.reads()).hasSize(2);
        assertThat(test.counters.overtaken()).isPositive();
        goOn.countDown();
        assertThat(failureOf(ahead)).isNull();
        test.read(0, 20 * Chunks.CHUNK_SIZE);
        assertThat(test.origin.reads()).hasSize(2);
    }

    @Test
    void shouldCountAsDemandWhatAReaderWaitsFor() throws Exception {
        restart(new RemoteLimits(1, 1, 4), 1000);
        test.origin.script(read -> {
            if (read.position() == 0) {
                goOn.await();
            }
        });
        Future<Void> ahead = test.startLoading(0, 20);
        test.awaitReads(1);
        test.load(30, 1);
        assertThat(test.cache.isReady(30)).isTrue();
        test.readChunk(5);

        test.load(40, 1);
        assertThat(test.cache.isReady(40)).isFalse();
        goOn.countDown();
        assertThat(failureOf(ahead)).isNull();
        test.load(40, 1);
        assertThat(test.cache.isReady(40)).isTrue();
    }

    @Test
    void shouldWaitForOthersOnlySoLong() throws Exception {
        restart(new RemoteLimits(1, FOREVER_NS, 4), 1000);
        test.origin.script(read -> goOn.await());
        Future<Void> leader = test.startReading(5);
        test.awaitReads(1);

        assertThat(((OriginException) failureOf(test.startReading(5))).kind()).isEqualTo(Kind.UNAVAILABLE);
        goOn.countDown();
        assertThat(failureOf(leader)).isNull();
    }

    @Test
    void shouldStopWaitingWhenInterrupted() throws Exception {
        test.origin.script(read -> goOn.await());
        Future<Void> leader = test.startReading(5);
        test.awaitReads(1);
        AtomicReference<Thread> thread = new AtomicReference<>();
        Future<Boolean> follower = test.start(() -> {
            thread.set(Thread.currentThread());
            assertThatThrownBy(() -> test.readChunk(5)).isInstanceOf(InterruptedIOException.class);
            return Thread.interrupted();
        });
        test.awaitJoined(1);
        thread.get().interrupt();

        assertThat(follower.get()).isTrue();
        goOn.countDown();
        assertThat(failureOf(leader)).isNull();
    }

    @Test
    void shouldEndWhatStallsWhenItIsClosed() throws Exception {
        test.origin.script(read -> test.origin.stall());
        List<Future<Void>> readers = test.startReading(5, 10);
        test.awaitJoined(9);
        Future<Void> ahead = test.startLoading(20, 4);

        test.source.close();

        for (Future<Void> reader : readers) {
            assertThat(failureOf(reader)).isInstanceOf(IOException.class);
        }
        failureOf(ahead);
        assertThat(space.openCount()).isZero();
        assertThatThrownBy(() -> test.readChunk(1)).hasMessageContaining("closed");
        test = fixture(RemoteLimits.DEFAULT, 1000);
    }

    @Test
    void shouldFetchOnceMoreWhatCameWrong() throws IOException {
        test.readChunk(5);
        evictEverything();
        test.origin.lie((read, bytes, index) -> {
            if (read.number() == lies) {
                bytes.putByte(index + Chunks.CHUNK_SIZE + 10, (byte) (bytes.getByte(index + 10) + 1));
            }
        });
        lies = test.origin.reads().size();
        test.read(Chunks.position(4), 3 * Chunks.CHUNK_SIZE);

        assertThat(test.counters.cache().wrong()).isEqualTo(1);
        assertThat(test.origin.reads()).hasSize(lies + 2);
    }

    @Test
    void shouldNeverGiveAReaderWrongBytes() throws IOException {
        test.readChunk(5);
        evictEverything();
        test.origin.lie((read, bytes, index) -> {
            int at = (int) (Chunks.position(5) - read.position());
            if (at >= 0 && at < read.length()) {
                bytes.putByte(index + at, (byte) 0x55);
            }
        });

        assertThatThrownBy(() -> test.readChunk(5)).isInstanceOf(OriginException.class)
                .satisfies(e -> assertThat(((OriginException) e).kind()).isEqualTo(Kind.WRONG));
        assertThatThrownBy(() -> test.load(0, LAST + 1)).isInstanceOf(OriginException.class);
        assertThat(test.source.readNow(Chunks.position(5), buffer, 0, 512)).isEqualTo(BlockSource.WOULD_BLOCK);
        test.read(0, 5 * Chunks.CHUNK_SIZE);
        test.read(Chunks.position(6), 5 * Chunks.CHUNK_SIZE);
    }

    /** With the digests of what was there. */
    private void evictEverything() throws IOException {
        restart(RemoteLimits.DEFAULT, 4);
        for (int chunk = 20; chunk < 40; chunk++) {
            test.readChunk(chunk);
        }
        restart(RemoteLimits.DEFAULT, 1000);
        assertThat(test.cache.isReady(5)).isFalse();
    }

    @Test
    void shouldLoadAheadInLargePieces() throws IOException {
        test.readChunk(30);
        test.source.prefetch(List.of(new SourceRange(Chunks.position(3) + 5, DISK.size())));

        assertThat(test.origin.reads().stream().skip(1)).allMatch(read -> read.urgency() == Urgency.AHEAD)
                .extracting(read -> Chunks.index(read.position()), PatternOrigin.Read::length)
                .containsExactly(tuple(3, 25 * Chunks.CHUNK_SIZE), tuple(32, 231 * Chunks.CHUNK_SIZE),
                        tuple(263, (int) (DISK.size() - Chunks.position(263))));
        assertThat(test.origin.asks()).extracting(List::size).containsExactly(1, 2, 1);
        assertThat(test.counters.aheadChunks()).isEqualTo(LAST - 6);
        assertThat(test.counters.aheadBytes()).isEqualTo(DISK.size() - 7 * Chunks.CHUNK_SIZE);
        test.read(Chunks.position(3), 10 * Chunks.CHUNK_SIZE);
        test.load(3, LAST);
        assertThat(test.origin.reads()).hasSize(4);
        test.source.prefetch(List.of(new SourceRange(DISK.size() + 1, 5)));
        test.source.prefetch(List.of());
        assertThat(test.origin.reads()).hasSize(4);
    }

    @Test
    void shouldAskForManyRangesAtOnce() throws IOException {
        test.origin.maxPieces(100);
        test.source.prefetch(List.of(RemoteFixture.chunks(100, 2), new SourceRange(0, 5),
                RemoteFixture.chunks(50, 1), RemoteFixture.chunks(101, 2), new SourceRange(DISK.size() - 1, 100)));

        assertThat(test.origin.asks()).singleElement().satisfies(pieces -> assertThat(pieces)
                .extracting(piece -> Chunks.index(piece.position()), Piece::index, Piece::length)
                .containsExactly(tuple(0, 0, Chunks.CHUNK_SIZE),
                        tuple(50, Chunks.CHUNK_SIZE, Chunks.CHUNK_SIZE),
                        tuple(100, 2 * Chunks.CHUNK_SIZE, 3 * Chunks.CHUNK_SIZE),
                        tuple(LAST, 5 * Chunks.CHUNK_SIZE, 5000)));
        for (int chunk : new int[] {0, 50, 100, 101, 102}) {
            test.readChunk(chunk);
        }
        test.read(Chunks.position(LAST), 5000);
        assertThat(test.origin.asks()).hasSize(1);
    }

    @Test
    void shouldTakeInAChunkWhenAllOfItHasCome() throws IOException {
        List<Piece> pieces = List.of(new Piece(Chunks.position(10), 0, 5 * Chunks.CHUNK_SIZE),
                new Piece(Chunks.position(LAST - 1), 0, Chunks.CHUNK_SIZE + 5000));
        test.origin.arrive(10_000, (number, length) -> {
            Piece piece = pieces.get(number);
            for (int chunk = Chunks.index(piece.position()); chunk <= Chunks.index(piece.end() - 1); chunk++) {
                long end = Math.min(DISK.size(), Chunks.position(chunk + 1));
                assertThat(test.cache.isReady(chunk)).as("chunk " + chunk + " after " + length)
                        .isEqualTo(end <= piece.position() + length);
            }
        });
        test.source.prefetch(List.of(RemoteFixture.chunks(10, 5), RemoteFixture.chunks(LAST - 1, 2)));

        assertThat(test.origin.asks()).hasSize(1);
        assertThat(test.cache.isReady(LAST)).isTrue();
        test.read(Chunks.position(10), 5 * Chunks.CHUNK_SIZE);
    }

    @Test
    void shouldHandOverWhatHasComeOfAFetch() throws Exception {
        test.origin.script(read -> {
            if (read.position() == Chunks.position(50)) {
                goOn.await();
            }
        });
        Future<Boolean> ahead = test.start(() -> test.source.prefetch(
                List.of(RemoteFixture.chunks(10, 3), RemoteFixture.chunks(50, 1), RemoteFixture.chunks(90, 1))));
        test.awaitReads(2);
        assertThat(test.cache.isReady(11)).isTrue();
        test.readChunk(11);
        Future<Void> reader = test.startReading(90);
        test.awaitJoined(1);
        assertThat(test.cache.isReady(90)).isFalse();
        goOn.countDown();

        assertThat(failureOf(reader)).isNull();
        assertThat(ahead.get()).isTrue();
        assertThat(test.origin.asks()).hasSize(1);
    }

    @Test
    void shouldKeepWhatCameBeforeAFetchFailed() throws Exception {
        test.origin.script(read -> {
            if (read.position() == Chunks.position(50)) {
                throw PatternOrigin.failure(Kind.UNAVAILABLE);
            }
        });
        assertThatThrownBy(() -> test.source.prefetch(
                List.of(RemoteFixture.chunks(10, 3), RemoteFixture.chunks(50, 1), RemoteFixture.chunks(90, 1))))
                .isInstanceOf(OriginException.class);

        assertThat(test.cache.isReady(12)).isTrue();
        assertThat(test.cache.isReady(50) || test.cache.isReady(90)).isFalse();
        assertThat(test.counters.failed()).isEqualTo(1);
        test.origin.script(read -> { });
        test.readChunk(50);
    }

    @Test
    void shouldNotLoadAheadWhatHasNoRoom() throws IOException {
        restart(RemoteLimits.DEFAULT, 8);
        test.cache.pin(0, LAST + 1);
        for (int chunk = 0; chunk < 10; chunk++) {
            test.readChunk(chunk);
        }
        int reads = test.origin.reads().size();
        test.load(0, LAST + 1);

        assertThat(test.origin.reads()).hasSize(reads);
    }

    @Test
    void shouldKeepReadingAheadBelowItsLimit() throws Exception {
        restart(new RemoteLimits(FOREVER_NS, FOREVER_NS, 2), 1000);
        test.origin.script(read -> goOn.await());
        List<Future<Void>> ahead = List.of(test.startLoading(0, 2), test.startLoading(10, 2));
        test.awaitReads(2);
        Future<Void> third = test.startLoading(20, 2);
        Future<Void> reader = test.startReading(30);
        test.awaitReads(3);

        assertThat(test.origin.reads().get(2).urgency()).isEqualTo(Urgency.DEMAND);
        goOn.countDown();
        for (Future<Void> task : List.of(ahead.get(0), ahead.get(1), third, reader)) {
            assertThat(failureOf(task)).isNull();
        }
        assertThat(test.cache.isReady(21)).isTrue();
    }

    @Test
    void shouldRefuseACacheOfAnotherSize() throws IOException {
        PatternOrigin other = new PatternOrigin(new DiskPattern(1));
        assertThatThrownBy(() -> new RemoteSource(other, test.cache, test.buffers, test.counters,
                RemoteLimits.DEFAULT, Runnable::run)).isInstanceOf(IllegalArgumentException.class);
    }
}
