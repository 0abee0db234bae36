package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import io.varve.daemon.remote.ScriptedNbdServer.Answer;
import io.varve.daemon.remote.ScriptedNbdServer.Read;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each way in which an NBD server can answer, and what becomes of it. */
@Timeout(60)
class NbdOriginTest {

    /** Long enough to be in nobody's way: what ends before was ended by something else. */
    private static final OriginTimeouts PATIENT = new OriginTimeouts(120_000, 120_000);
    private static final OriginTimeouts HASTY = new OriginTimeouts(300, 300);
    private static final int EIO = 5;

    private final byte[] content = new byte[6 << 20];
    private final UnsafeBuffer buffer = Buffers.alignedDirect(8 << 20);
    private ScriptedNbdServer server;
    private NbdOrigin origin;

    @BeforeEach
    void start() throws IOException {
        new Random(2).nextBytes(content);
        server = new ScriptedNbdServer(content);
    }

    @AfterEach
    void stop() throws IOException {
        if (origin != null) {
            origin.close();
        }
        server.close();
    }

    private NbdOrigin open(OriginTimeouts timeouts) throws IOException {
        origin = NbdOrigin.open(server.uri(), timeouts, 4);
        return origin;
    }

    private void read(long position, int length) throws IOException {
        origin.read(position, buffer, 16, length, Urgency.DEMAND);
    }

    private void assertReads(long position, int length) throws IOException {
        buffer.setMemory(0, length + 32, (byte) 0x5a);
        read(position, length);
        byte[] found = new byte[length + 32];
        buffer.getBytes(0, found);
        byte[] expected = new byte[length + 32];
        Arrays.fill(expected, (byte) 0x5a);
        System.arraycopy(content, (int) position, expected, 16, length);
        assertThat(Arrays.equals(found, expected)).isTrue();
    }

    private OriginException failure() {
        return catchThrowableOfType(OriginException.class, () -> read(65_536, 4096));
    }

    private void assertFails(Kind kind, String why) {
        OriginException failure = failure();
        assertThat(failure).hasMessage(server.uri() + ", bytes 65536-69631: " + why);
        assertThat(failure.kind()).isEqualTo(kind);
    }

    @Test
    void shouldReadAnyRangeOverOneConnection() throws Exception {
        open(PATIENT);
        assertThat(origin.identity()).isEqualTo(new OriginIdentity(content.length, ""));
        assertReads(0, content.length);
        assertReads(content.length - 1, 1);
        assertReads(262_143, 262_146);
        assertThat(server.connectionCount).hasValue(1);
    }

    @Test
    void shouldKeepToTheBlockSizesOfTheServer() throws Exception {
        server.blockSizes = new int[] {4096, 4096, 10_000};
        open(PATIENT);
        assertReads(1, 1);
        assertReads(4095, 2);
        assertReads(0, 4096);
        assertReads(5000, 100_000);
        assertReads(content.length - 4097, 4097);
        assertThat(server.reads).allMatch(read -> read.offset() % 4096 == 0 && read.length() % 4096 == 0
                && read.length() <= 10_000 && read.length() > 0);
        assertThat(server.reads).first().isEqualTo(new Read(server.reads.peek().cookie(), 0, 4096));
    }

    @Test
    void shouldNotOpenADiskThatCannotBeReadToItsEnd() {
        server.blockSizes = new int[] {4096, 4096, 65_536};
        server.size = content.length - 512;
        assertOpeningFails(Kind.REFUSED, "its 6290944 bytes cannot all be read in the blocks of 4096 that it wants");
        server.size = 0;
        assertOpeningFails(Kind.REFUSED, "it is empty");
    }

    private void assertOpeningFails(Kind kind, String why) {
        OriginException failure = catchThrowableOfType(OriginException.class, () -> open(HASTY));
        assertThat(failure).hasMessage(server.uri() + ": " + why);
        assertThat(failure.kind()).isEqualTo(kind);
    }

    @Test
    void shouldSayWhatTheServerRefuses() {
        server.refusal = NbdProtocol.REP_ERR_UNKNOWN;
        assertOpeningFails(Kind.REFUSED, "the server refuses option 7: unknown export");
        server.refusal = NbdProtocol.REP_ERR_SHUTDOWN;
        assertOpeningFails(Kind.UNAVAILABLE, "the server refuses option 7: shutting down");
    }

    @Test
    void shouldNotWaitForEverForAServerThatSaysNothing() {
        server.mute = true;
        assertOpeningFails(Kind.UNAVAILABLE, "no whole answer in time");
    }

    @Test
    void shouldGoOnWithTheConnectionAfterAnErrorOfTheServer() throws Exception {
        open(PATIENT);
        server.then((read, out) -> ScriptedNbdServer.reply(out, EIO, read.cookie()));
        assertFails(Kind.UNAVAILABLE, "READ of 4096 bytes at 65536 failed: EIO");
        // The first of several that are under way; the others are answered nevertheless.
        server.then((read, out) -> ScriptedNbdServer.reply(out, EIO, read.cookie()));
        assertThat(catchThrowable(() -> read(0, content.length))).isInstanceOf(OriginException.class);
        assertReads(0, content.length);
        assertThat(server.connectionCount).hasValue(1);
    }

    @Test
    void shouldAskForAllPiecesBeforeTheFirstIsAnswered() throws Exception {
        server.blockSizes = new int[] {512, 4096, 1 << 20};
        open(PATIENT);
        List<Piece> pieces = List.of(new Piece(1000, 5000, 100), new Piece(8192, 0, 4096),
                new Piece(1 << 20, 1 << 20, (2 << 20) + 1), new Piece(content.length - 7, 4200, 7));
        List<Read> held = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            server.then((read, out) -> held.add(read));
        }
        server.then((read, out) -> {
            held.add(0, read);
            for (Read each : held) {
                server.right(each, out);
            }
        });
        List<String> arrived = new ArrayList<>();
        origin.readAll(pieces, buffer, Urgency.AHEAD, (piece, length) -> arrived.add(piece + ": " + length));

        assertThat(arrived).containsExactly("0: 100", "1: 4096", "2: 1048576", "2: 2097152", "2: 2097153", "3: 7");
        for (Piece piece : pieces) {
            for (int i = 0; i < piece.length(); i++) {
                if (buffer.getByte(piece.index() + i) != content[(int) piece.position() + i]) {
                    throw new AssertionError("byte " + i + " of " + piece);
                }
            }
        }
        assertThat(server.connectionCount).hasValue(1);
        assertThat(origin.maxPieces()).isEqualTo(1);
    }

    @Test
    void shouldSayWhichPiecesFailed() throws Exception {
        open(PATIENT);
        List<Integer> arrived = new ArrayList<>();
        server.then(server::right);
        server.then((read, out) -> ScriptedNbdServer.reply(out, EIO, read.cookie()));
        assertThatThrownBy(() -> origin.readAll(List.of(new Piece(0, 0, 10), new Piece(20, 10, 10),
                new Piece(40, 20, 10)), buffer, Urgency.AHEAD, (piece, length) -> arrived.add(piece)))
                .hasMessage(server.uri() + ", bytes 0-9 and 2 more ranges: READ of 10 bytes at 20 failed: EIO");
        assertThat(arrived).containsExactly(0);
        assertReads(0, 4096);
        assertThat(server.connectionCount).hasValue(1);
    }

    @Test
    void shouldConnectAnewAfterAnythingElse() throws Exception {
        open(PATIENT);
        server.then((read, out) -> ScriptedNbdServer.reply(out, 0, ~read.cookie()));
        assertThat(failure()).hasMessageContaining("which no request has");
        assertReads(0, 4096);
        server.then((read, out) -> {
            ScriptedNbdServer.reply(out, 0, read.cookie());
            out.write(content, 0, 100);
            out.flush();
            throw new IOException("closes in the middle");
        });
        assertFails(Kind.UNAVAILABLE, "the server closed the connection after 100 of 4096 bytes of the data of a READ");
        assertReads(0, 4096);
        server.hangUp();
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertReads(0, 4096);
        assertThat(server.connectionCount).hasValue(4);
    }

    @Test
    void shouldNoticeThatTheDiskHasAnotherSizeNow() throws Exception {
        open(PATIENT);
        server.hangUp();
        server.size = 65_536 * 2;
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        OriginException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CHANGED);
        assertThat(failure).hasMessage(
                server.uri() + ": it has 131072 bytes now, and had 6291456 when it was opened");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20, 4000})
    void shouldNotWaitForEverForTheRest(int length) throws Exception {
        open(HASTY);
        Answer begin = (read, out) -> {
            if (length > 0) {
                ScriptedNbdServer.reply(out, 0, read.cookie());
                out.write(content, 0, length);
            }
            ScriptedNbdServer.stall(read, out);
        };
        server.then(begin);
        assertFails(Kind.UNAVAILABLE, "no whole answer in time");
        assertReads(0, 4096);
    }

    @Test
    void shouldUseSeveralConnectionsAtATimeAndNotMore() throws Exception {
        open(PATIENT);
        readTogether(4, 12);
        assertThat(server.connectionCount).hasValue(4);
    }

    /** @param together reads that the server answers when all of them have come */
    private void readTogether(int together, int count) throws Exception {
        CountDownLatch met = new CountDownLatch(together);
        for (int i = 0; i < together; i++) {
            server.then((read, out) -> {
                met.countDown();
                met.await();
                server.right(read, out);
            });
        }
        List<CompletableFuture<Throwable>> outcomes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outcomes.add(CompletableFuture.supplyAsync(
                    () -> catchThrowable(() -> origin.read(0, Buffers.alignedDirect(16), 0, 16, Urgency.AHEAD)),
                    command -> new Thread(command).start()));
        }
        for (CompletableFuture<Throwable> outcome : outcomes) {
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isNull();
        }
    }

    @Test
    void shouldForgetAllConnectionsWhenOneIsFoundBroken() throws Exception {
        open(PATIENT);
        readTogether(3, 3);
        server.hangUp();
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertReads(0, 4096);
        assertThat(server.connectionCount).hasValue(4);
    }

    @Test
    void shouldUseOneConnectionIfTheServerDoesNotPromiseMore() throws Exception {
        server.flags = NbdProtocol.TRANSMIT_HAS_FLAGS;
        open(PATIENT);
        CountDownLatch release = new CountDownLatch(1);
        server.then((read, out) -> {
            release.await();
            server.right(read, out);
        });
        CompletableFuture<Throwable> first = CompletableFuture.supplyAsync(
                () -> catchThrowable(() -> origin.read(0, Buffers.alignedDirect(16), 0, 16, Urgency.DEMAND)),
                command -> new Thread(command).start());
        server.read();
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread second = new Thread(() -> outcome.complete(catchThrowable(() -> read(0, 4096))));
        second.start();
        awaitWaiting(second);
        release.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).isNull();
        assertThat(outcome.get(30, TimeUnit.SECONDS)).isNull();
        assertThat(server.connectionCount).hasValue(1);
    }

    /** For a connection, or it has ended. */
    private static void awaitWaiting(Thread reader) {
        while (reader.getState() != Thread.State.TIMED_WAITING && reader.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldEndReadsThatWaitWhenItIsClosed() throws Exception {
        server.flags = NbdProtocol.TRANSMIT_HAS_FLAGS;
        open(PATIENT);
        server.then(ScriptedNbdServer::stall);
        List<CompletableFuture<Throwable>> outcomes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            outcomes.add(outcome);
            Thread reader = new Thread(() -> outcome.complete(catchThrowable(
                    () -> origin.read(0, Buffers.alignedDirect(16), 0, 16, Urgency.DEMAND))));
            reader.start();
            if (i == 0) {
                server.read();
            } else {
                awaitWaiting(reader);
            }
        }
        origin.close();
        for (CompletableFuture<Throwable> outcome : outcomes) {
            assertThat(outcome.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(OriginException.class)
                    .hasMessageEndingWith("it has been closed");
        }
        assertFails(Kind.UNAVAILABLE, "it has been closed");
        assertThat(server.connectionCount).hasValue(1);
    }

    @Test
    void shouldEndAReadWhoseThreadIsInterrupted() throws Exception {
        open(PATIENT);
        server.then(ScriptedNbdServer::stall);
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread reader = new Thread(() -> outcome.complete(catchThrowable(() -> read(65_536, 4096))));
        reader.start();
        server.read();
        reader.interrupt();
        assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
        assertReads(0, 4096);
    }

    @Test
    void shouldFailAtOnceWhenNobodyListens() throws Exception {
        open(PATIENT);
        server.close();
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertFails(Kind.UNAVAILABLE, "Connection refused");
    }

    @Test
    void shouldKeepToTheDiskAndTheBuffer() throws Exception {
        open(PATIENT);
        assertThatThrownBy(() -> read(content.length - 9, 10)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> read(0, 16 << 20)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(server.reads).isEmpty();
    }
}
