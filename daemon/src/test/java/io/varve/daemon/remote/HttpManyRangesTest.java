package io.varve.daemon.remote;

import static io.varve.daemon.remote.ScriptedHttpServer.head;
import static io.varve.daemon.remote.ScriptedHttpServer.parts;
import static io.varve.daemon.remote.ScriptedHttpServer.redirect;
import static io.varve.daemon.remote.ScriptedHttpServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import io.varve.daemon.remote.ScriptedHttpServer.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several ranges asked for at once, of servers that do that and of servers that do not. */
@Timeout(60)
class HttpManyRangesTest {

    private static final OriginTimeouts PATIENT = new OriginTimeouts(30_000, 120_000);
    private static final List<Piece> PIECES = List.of(
            new Piece(0, 100_000, 16_384), new Piece(32_768, 0, 4096), new Piece(200_000, 50_000, 40_000));

    private final byte[] content = new byte[300_000];
    private final UnsafeBuffer buffer = Buffers.alignedDirect(1 << 20);
    private final List<Integer> arrived = new ArrayList<>(List.of(0, 0, 0));
    private ScriptedHttpServer server;
    private HttpOrigin origin;

    @BeforeEach
    void start() throws Exception {
        new Random(1).nextBytes(content);
        server = new ScriptedHttpServer(content);
        server.usually(server.rightForMany("\"one\""));
        origin = HttpOrigin.open(server.url(), HttpOrigin.newClient(PATIENT), PATIENT, () -> Instant.EPOCH);
        server.request();
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
        server.close();
    }

    private void readAll() throws IOException {
        buffer.setMemory(0, buffer.capacity(), (byte) 0x5a);
        arrived.replaceAll(before -> 0);
        origin.readAll(PIECES, buffer, Urgency.AHEAD, this::noteArrival);
        assertThat(arrived).containsExactly(16_384, 4096, 40_000);
        byte[] expected = new byte[buffer.capacity()];
        Arrays.fill(expected, (byte) 0x5a);
        for (Piece piece : PIECES) {
            System.arraycopy(content, (int) piece.position(), expected, piece.index(), piece.length());
        }
        byte[] found = new byte[buffer.capacity()];
        buffer.getBytes(0, found);
        assertThat(found).isEqualTo(expected);
    }

    private void noteArrival(int piece, int length) {
        assertThat(length).isGreaterThan(arrived.get(piece));
        Piece of = PIECES.get(piece);
        for (int i = arrived.get(piece); i < length; i++) {
            assertThat(buffer.getByte(of.index() + i)).isEqualTo(content[(int) of.position() + i]);
        }
        arrived.set(piece, length);
    }

    private OriginException failure() {
        arrived.replaceAll(before -> 0);
        return catchThrowableOfType(OriginException.class,
                () -> origin.readAll(PIECES, buffer, Urgency.AHEAD, this::noteArrival));
    }

    private void assertAsksRangeByRangeFromNowOn() throws Exception {
        assertThat(server.requests).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(server.request().ranges()).hasSize(1);
        }
        assertThat(origin.maxPieces()).isEqualTo(1);
        readAll();
        assertThat(server.requests).hasSize(3).allMatch(request -> request.ranges().size() == 1);
    }

    @Test
    void shouldAskOnceForAll() throws Exception {
        assertThat(origin.maxPieces()).isGreaterThan(10);
        readAll();
        Request request = server.request();
        assertThat(request.headers()).containsEntry("range", "bytes=0-16383,32768-36863,200000-239999")
                .containsEntry("if-range", "\"one\"");
        readAll();
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void shouldKeepItsHeadersShort() throws Exception {
        List<Piece> many = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            many.add(new Piece(i * 2000L, i * 10, 10));
        }
        int[] lengths = new int[many.size()];
        origin.readAll(many, buffer, Urgency.AHEAD, (piece, length) -> lengths[piece] = length);
        assertThat(lengths).containsOnly(10);
        assertThat(server.requests).hasSize(3).allMatch(request -> request.headers().get("range").length() < 4096);
        for (int i = 0; i < 150; i++) {
            assertThat(buffer.getByte(i * 10 + 9)).isEqualTo(content[i * 2000 + 9]);
        }
    }

    @Test
    void shouldAskAServerThatSendsAllOfItRangeByRange() throws Exception {
        server.then((request, out) -> {
            head(out, 200, "ETag: \"one\"", "Content-Length: " + content.length);
            out.write(content);
        });
        readAll();
        assertThat(server.request().ranges()).hasSize(3);
        assertAsksRangeByRangeFromNowOn();
    }

    @Test
    void shouldAskAServerThatSendsOneRangeRangeByRange() throws Exception {
        server.then((request, out) -> {
            head(out, 206, "ETag: \"one\"", "Content-Range: bytes 0-16383/300000", "Content-Length: 16384");
            out.write(content, 0, 16_384);
        });
        readAll();
        assertThat(server.request().ranges()).hasSize(3);
        assertAsksRangeByRangeFromNowOn();
    }

    @Test
    void shouldAskAServerThatRefusesSeveralRangeByRange() throws Exception {
        server.then(status(416));
        readAll();
        server.request();
        assertAsksRangeByRangeFromNowOn();
    }

    @Test
    void shouldAskOnlyForWhatIsMissing() throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(server.part(32_768, 36_863));
        body.write(server.part(0, 16_383));
        body.write(server.part(200_000, 219_999));
        body.write("\r\n--BOUNDARY--".getBytes(StandardCharsets.US_ASCII));
        server.then(parts(body.toByteArray(), "ETag: \"one\""));
        readAll();
        server.request();
        assertThat(server.request().headers()).containsEntry("range", "bytes=220000-239999");
        assertThat(server.requests).isEmpty();
    }

    @Test
    void shouldNoticeThatTheDiskChanged() throws Exception {
        server.then(server.rightForMany("\"two\""));
        assertThat(failure().kind()).isEqualTo(Kind.CHANGED);
        server.then((request, out) -> head(out, 200, "ETag: \"two\"", "Content-Length: 0"));
        assertThat(failure().kind()).isEqualTo(Kind.CHANGED);
        assertThat(arrived).containsOnly(0);
        readAll();
        assertThat(server.requests).hasSize(3);
    }

    @Test
    void shouldFailWhenTheAnswerEndsInTheMiddleAndSayWhatCame() throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(server.part(0, 16_383));
        body.write(server.part(32_768, 36_863));
        body.write(server.part(200_000, 239_999), 0, 10_000);
        server.then(parts(body.toByteArray(), "ETag: \"one\""));
        OriginException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(failure).hasMessage(
                server.url() + ", 3 ranges in bytes 0-239999: the answer ends inside of part 3");
        assertThat(arrived).containsExactly(16_384, 4096, 0);
        assertThat(server.requests).hasSize(1);
        readAll();
    }

    @Test
    void shouldTellOfAPartBeforeTheNextOneHasCome() throws Exception {
        CountDownLatch firstHasArrived = new CountDownLatch(1);
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        rest.write(server.part(32_768, 36_863));
        rest.write(server.part(200_000, 239_999));
        rest.write("\r\n--BOUNDARY--\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] boundary = "\r\n--BOUNDARY\r\n".getBytes(StandardCharsets.US_ASCII);
        server.then((request, out) -> {
            head(out, 206, "ETag: \"one\"", "Content-Type: multipart/byteranges; boundary=BOUNDARY",
                    "Connection: close");
            out.write(server.part(0, 16_383));
            out.write(boundary);
            out.flush();
            firstHasArrived.await();
            out.write(rest.toByteArray(), boundary.length, rest.size() - boundary.length);
            out.close();
        });
        origin.readAll(PIECES, buffer, Urgency.AHEAD, (piece, length) -> {
            noteArrival(piece, length);
            firstHasArrived.countDown();
        });
        assertThat(arrived).containsExactly(16_384, 4096, 40_000);
    }

    @Test
    void shouldFollowARedirect() throws Exception {
        server.then(redirect("/elsewhere"));
        readAll();
        server.request();
        assertThat(server.request().path()).isEqualTo("/elsewhere");
        server.then(status(416));
        server.then(redirect("/back"));
        readAll();
        assertThat(server.request().path()).isEqualTo("/elsewhere");
        // Three ranges, and one of them twice.
        assertThat(server.requests).hasSize(4);
    }

    @Test
    void shouldNotRememberARefusalThatWasNotForTheNumber() throws Exception {
        for (int i = 0; i < 9; i++) {
            server.then(status(404));
        }
        assertThat(failure().kind()).isEqualTo(Kind.REFUSED);
        assertThat(origin.maxPieces()).isGreaterThan(1);
    }
}
