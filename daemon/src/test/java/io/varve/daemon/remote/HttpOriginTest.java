package io.varve.daemon.remote;

import static io.varve.daemon.remote.ScriptedHttpServer.head;
import static io.varve.daemon.remote.ScriptedHttpServer.redirect;
import static io.varve.daemon.remote.ScriptedHttpServer.stalling;
import static io.varve.daemon.remote.ScriptedHttpServer.status;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import io.varve.daemon.remote.ScriptedHttpServer.Answer;
import io.varve.daemon.remote.ScriptedHttpServer.Request;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Exchanger;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each way in which a web server can answer, and what becomes of it. */
@Timeout(60)
class HttpOriginTest {

    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");
    /** Long enough to be in nobody's way: what ends before was ended by something else. */
    private static final OriginTimeouts PATIENT = new OriginTimeouts(30_000, 120_000);
    private static final OriginTimeouts HASTY = new OriginTimeouts(5_000, 300);

    private final byte[] content = new byte[300_000];
    private final UnsafeBuffer buffer = Buffers.alignedDirect(1 << 20);
    private Instant now = START;
    private ScriptedHttpServer server;
    private HttpOrigin origin;

    @BeforeEach
    void start() throws IOException {
        new Random(1).nextBytes(content);
        server = new ScriptedHttpServer(content);
    }

    @AfterEach
    void stop() throws IOException {
        if (origin != null) {
            origin.close();
        }
        server.close();
    }

    private HttpOrigin open(OriginTimeouts timeouts) throws IOException, InterruptedException {
        origin = HttpOrigin.open(server.url(), HttpOrigin.newClient(timeouts), timeouts, () -> now);
        server.request();
        return origin;
    }

    private void read(long position, int length) throws IOException {
        buffer.setMemory(0, buffer.capacity(), (byte) 0x5a);
        origin.read(position, buffer, 16, length, Urgency.DEMAND);
    }

    private void assertReads(long position, int length) throws IOException {
        read(position, length);
        byte[] found = new byte[length + 32];
        buffer.getBytes(0, found);
        byte[] expected = new byte[length + 32];
        Arrays.fill(expected, (byte) 0x5a);
        System.arraycopy(content, (int) position, expected, 16, length);
        assertThat(found).isEqualTo(expected);
    }

    private OriginException failure() {
        return catchThrowableOfType(OriginException.class, () -> read(65_536, 4096));
    }

    private void assertFails(Kind kind, String why) {
        OriginException failure = failure();
        assertThat(failure).hasMessage(server.url() + ", bytes 65536-69631: " + why);
        assertThat(failure.kind()).isEqualTo(kind);
    }

    @Test
    void shouldReadAnyRange() throws Exception {
        open(PATIENT);
        assertReads(0, content.length);
        assertReads(0, 1);
        assertReads(content.length - 1, 1);
        assertReads(65_535, 65_538);
        Request request = server.request();
        assertThat(request.headers()).containsEntry("range", "bytes=0-299999")
                .containsEntry("if-range", "\"one\"")
                .containsEntry("accept-encoding", "identity");
    }

    @Test
    void shouldTakeABodyOfAnyPiecesAndLengthUnsaid() throws Exception {
        open(PATIENT);
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"",
                    "Transfer-Encoding: chunked");
            for (int i = 0; i < request.length(); i += 100) {
                int count = Math.min(100, request.length() - i);
                out.write((Integer.toHexString(count) + "\r\n").getBytes(US_ASCII));
                out.write(content, (int) request.first() + i, count);
                out.write("\r\n".getBytes(US_ASCII));
                out.flush();
            }
            out.write("0\r\n\r\n".getBytes(US_ASCII));
        });
        assertReads(4096, 8150);
        assertReads(0, 10);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "ETag: \"a\"; Last-Modified: Sun, 22 Nov 2026 09:00:00 GMT; \"a\"; \"a\"",
        "ETag: W/\"a\"; Last-Modified: Sun, 22 Nov 2026 09:00:00 GMT; Sun, 22 Nov 2026 09:00:00 GMT; "
                + "Sun, 22 Nov 2026 09:00:00 GMT",
        "X: y; Last-Modified: Sun, 22 Nov 2026 09:59:59 GMT; Sun, 22 Nov 2026 09:59:59 GMT; "
                + "Sun, 22 Nov 2026 09:59:59 GMT",
        "X: y; Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT; Sun, 22 Nov 2026 10:00:00 GMT; ''",
        "X: y; Last-Modified: yesterday; ''; ''",
        "ETag: unquoted; X: y; ''; ''",
        "ETag: W/\"a\"; X: y; ''; ''"
    })
    void shouldKnowTheStateByWhatTheServerSays(String first, String second, String validator, String condition)
            throws Exception {
        server.usually((request, out) -> server.withRange(server.contentRange(request), first, second,
                "Date: Sun, 22 Nov 2026 10:00:00 GMT").write(request, out));
        open(PATIENT);
        assertThat(origin.identity()).isEqualTo(new OriginIdentity(content.length, validator));
        assertReads(1000, 1000);
        assertThat(server.request().headers().getOrDefault("if-range", "")).isEqualTo(condition);
    }

    @ParameterizedTest
    @CsvSource({
        "400, REFUSED", "401, REFUSED", "403, REFUSED", "404, REFUSED", "410, REFUSED", "416, REFUSED",
        "204, REFUSED", "304, REFUSED", "412, CHANGED", "408, UNAVAILABLE", "500, UNAVAILABLE", "502, UNAVAILABLE",
        "504, UNAVAILABLE", "429, BUSY", "503, BUSY"
    })
    void shouldTellKindsOfRefusalsApart(int status, Kind kind) throws Exception {
        open(PATIENT);
        // Answers without a body must not have one.
        boolean hasBody = status != 204 && status != 304;
        server.then(hasBody ? status(status) : (request, out) -> head(out, status));
        assertFails(kind, kind == Kind.CHANGED
                ? "it is another disk than it was when it was opened"
                : "the server answers " + status);
        assertReads(0, 4096);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "0; 0", "7; 7000", "86400; 60000", "99999999999; 0", "-1; 0", "soon; 0",
        "Sun, 22 Nov 2026 10:00:05 GMT; 5000", "Sun, 22 Nov 2026 11:00:05 GMT; 60000",
        "Sun, 22 Nov 2026 09:00:00 GMT; 0"
    })
    void shouldHonourTheTimeThatABusyServerAsksFor(String retryAfter, long expectedMs) throws Exception {
        open(PATIENT);
        for (int status : new int[] {429, 503}) {
            server.then(status(status, "Retry-After: " + retryAfter));
            OriginException failure = failure();
            assertThat(failure.kind()).isEqualTo(Kind.BUSY);
            assertThat(failure.retryAfterMs()).isEqualTo(expectedMs);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bytes 65536-69631/300001, CHANGED", "bytes 65536-69631/299999, CHANGED", "bytes 0-4095/300000, REFUSED",
        "bytes 65536-69630/300000, REFUSED", "bytes 65537-69631/300000, REFUSED", "bytes 65536-69631/*, REFUSED",
        "bytes */300000, REFUSED", "bytes 69631-65536/300000, REFUSED", "nonsense, REFUSED",
        "bytes 65536-69631/99999999999999999999999999, REFUSED", "items 65536-69631/300000, REFUSED"
    })
    void shouldRefuseOtherBytesThanItAskedFor(String contentRange, Kind kind) throws Exception {
        open(PATIENT);
        server.then(server.withRange(contentRange, "ETag: \"one\""));
        assertThat(failure().kind()).isEqualTo(kind);
        assertReads(0, 4096);
    }

    @Test
    void shouldRefuseAPartThatSaysNotWhichOrThatIsPacked() throws Exception {
        open(PATIENT);
        server.then(status(206, "ETag: \"one\""));
        assertFails(Kind.REFUSED, "the server says not which bytes it sends: no Content-Range");
        server.then(server.withRange("bytes 65536-69631/300000", "ETag: \"one\"",
                "Content-Range: bytes 65536-69631/300000"));
        assertThat(failure().kind()).isEqualTo(Kind.REFUSED);
        server.then(server.withRange("bytes 65536-69631/300000", "ETag: \"one\"", "Content-Encoding: gzip"));
        assertFails(Kind.REFUSED, "the server sends the bytes in a coding, unasked");
        server.then(server.withRange("bytes 65536-69631/300000"));
        assertFails(Kind.REFUSED, "the server says no more which state of the disk it sends");
    }

    @Test
    void shouldNoticeThatTheDiskChanged() throws Exception {
        open(PATIENT);
        server.then(server.right("\"two\""));
        assertFails(Kind.CHANGED, "it is another disk than it was when it was opened");
        server.then(server.right("W/\"one\""));
        assertThat(failure().kind()).isEqualTo(Kind.CHANGED);
        server.then(status(416, "Content-Range: bytes */65536"));
        assertThat(failure().kind()).isEqualTo(Kind.CHANGED);
        server.then(status(200, "ETag: \"two\""));
        assertThat(failure().kind()).isEqualTo(Kind.CHANGED);
        server.then(status(200));
        assertThat(failure().kind()).isEqualTo(Kind.CHANGED);
        assertReads(0, 4096);
    }

    @Test
    void shouldNotReadAWholeDiskThatComesForARange() throws Exception {
        open(PATIENT);
        CompletableFuture<Long> sent = new CompletableFuture<>();
        server.then((request, out) -> {
            long count = 0;
            try {
                head(out, 200, "ETag: \"one\"", "Connection: close");
                // Only a client that hangs up ends this.
                for (byte[] bytes = new byte[1 << 16]; count < 1L << 40; count += bytes.length) {
                    out.write(bytes);
                }
            } finally {
                sent.complete(count);
            }
        });
        assertFails(Kind.REFUSED, "the server does not serve ranges, it answers 200");
        // What fits into the buffers of two sockets, no matter how large they are, is no disk.
        assertThat(sent.get(30, TimeUnit.SECONDS)).isLessThan(1L << 28);
        assertReads(0, 4096);
    }

    @Test
    void shouldNotTakeMoreThanItAskedFor() throws Exception {
        open(PATIENT);
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"", "Connection: close");
            out.write(new byte[request.length() + 1]);
            throw new IOException("closes");
        });
        assertFails(Kind.REFUSED, "the server sends more than 4096 bytes");
        byte[] behind = new byte[100];
        buffer.getBytes(16 + 4096, behind);
        assertThat(behind).containsOnly(0x5a);
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"", "Content-Length: 4097");
            out.write(new byte[request.length() + 1]);
        });
        assertFails(Kind.REFUSED, "the server sends 4097 bytes");
        assertReads(0, 4096);
    }

    @Test
    void shouldNotTakeLessThanItAskedFor() throws Exception {
        open(PATIENT);
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"", "Content-Length: 4095");
            out.write(new byte[request.length() - 1]);
        });
        assertFails(Kind.UNAVAILABLE, "the server sends 4095 bytes");
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"", "Connection: close");
            out.write(new byte[request.length() - 1]);
            throw new IOException("closes");
        });
        assertFails(Kind.UNAVAILABLE, "the answer ends after 4095 bytes");
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"", "Content-Length: 4096");
            out.write(new byte[100]);
            throw new IOException("closes in the middle");
        });
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        server.usually((request, out) -> {
            throw new IOException("closes without a word");
        });
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        server.usually(server.right("\"one\""));
        assertReads(0, 4096);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void shouldNotWaitForEver(int stage) throws Exception {
        open(HASTY);
        Answer nothing = (request, out) -> { };
        Answer onlyHead = (request, out) -> head(out, 206, "Content-Range: " + server.contentRange(request),
                "ETag: \"one\"", "Content-Length: 4096");
        Answer almost = (request, out) -> {
            onlyHead.write(request, out);
            out.write(new byte[4095]);
        };
        server.then(stalling(stage == 0 ? nothing : stage == 1 ? onlyHead : almost));
        assertFails(Kind.UNAVAILABLE, "no whole answer in time");
    }

    @Test
    void shouldHangUpWhenItGivesUp() throws Exception {
        open(HASTY);
        CompletableFuture<Integer> next = new CompletableFuture<>();
        server.then((request, out) -> {
            try {
                next.complete(request.in().read());
            } catch (IOException e) {
                next.complete(-1);
            }
        });
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(next.get(20, TimeUnit.SECONDS)).isEqualTo(-1);
    }

    @Test
    void shouldNotWriteIntoABufferThatWasGivenBack() throws Exception {
        open(HASTY);
        Exchanger<String> meeting = new Exchanger<>();
        CountDownLatch gone = new CountDownLatch(1);
        server.then((request, out) -> {
            head(out, 206, "Content-Range: " + server.contentRange(request), "ETag: \"one\"", "Content-Length: 4096");
            out.write(new byte[2048]);
            out.flush();
            try {
                meeting.exchange("given up");
                out.write(new byte[2048]);
                out.flush();
            } finally {
                gone.countDown();
            }
        });
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        buffer.setMemory(0, 8192, (byte) 0x77);
        meeting.exchange("");
        assertThat(gone.await(20, TimeUnit.SECONDS)).isTrue();
        byte[] found = new byte[8192];
        buffer.getBytes(0, found);
        assertThat(found).containsOnly(0x77);
    }

    @Test
    void shouldFailAtOnceWhenNobodyListens() throws Exception {
        open(PATIENT);
        server.close();
        OriginException failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(failure).hasMessageStartingWith(server.url() + ", bytes 65536-69631: ");
    }

    @Test
    void shouldEndReadsThatWaitWhenItIsClosed() throws Exception {
        open(PATIENT);
        server.then(stalling((request, out) -> { }));
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
            try {
                read(65_536, 4096);
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        server.request();
        origin.close();
        assertThatThrownBy(() -> reading.get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(OriginException.class)
                .hasMessageEndingWith("it has been closed");
        assertFails(Kind.UNAVAILABLE, "it has been closed");
    }

    @Test
    void shouldEndAReadWhoseThreadIsInterrupted() throws Exception {
        open(PATIENT);
        server.then(stalling((request, out) -> { }));
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread reader = new Thread(() -> outcome.complete(
                org.assertj.core.api.Assertions.catchThrowable(() -> read(65_536, 4096))));
        reader.start();
        server.request();
        reader.interrupt();
        assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    }

    @Test
    void shouldKeepToTheDiskAndTheBuffer() throws Exception {
        open(PATIENT);
        assertThatThrownBy(() -> read(-1, 10)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> read(content.length - 9, 10)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> read(Long.MAX_VALUE, 10)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> read(0, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> read(0, (16 << 20) + 1)).isInstanceOf(IndexOutOfBoundsException.class);
        UnsafeBuffer small = Buffers.alignedDirect(9);
        assertThatThrownBy(() -> origin.read(0, small, 0, 10, Urgency.DEMAND))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(server.requests).isEmpty();
    }

    @Test
    void shouldNotOpenWhatCannotBeReadByRanges() {
        server.then(status(200));
        assertOpeningFails(Kind.REFUSED, "the server does not serve ranges, it answers 200");
        server.then(status(416, "Content-Range: bytes */0"));
        assertOpeningFails(Kind.REFUSED, "it is empty");
        server.then(status(404));
        assertOpeningFails(Kind.REFUSED, "the server answers 404");
        server.then(server.withRange("bytes 0-511/*"));
        assertOpeningFails(Kind.REFUSED, "the server says not which bytes it sends: bytes 0-511/*");
        server.then(server.withRange("bytes 0-511/0"));
        assertOpeningFails(Kind.REFUSED, "the server sends other bytes: bytes 0-511/0");
        server.then(status(503));
        assertOpeningFails(Kind.BUSY, "the server answers 503");
    }

    private void assertOpeningFails(Kind kind, String why) {
        OriginException failure = catchThrowableOfType(OriginException.class, () -> open(PATIENT));
        assertThat(failure).hasMessage(server.url() + ", bytes 0-511: " + why);
        assertThat(failure.kind()).isEqualTo(kind);
    }

    @Test
    void shouldFollowRedirectsAndRememberTheLastForAWhile() throws Exception {
        server.usually((request, out) -> {
            int step = request.path().equals("/disk") ? 0 : Integer.parseInt(request.path().substring(1));
            (step < 5 ? redirect("/" + (step + 1)) : server.right("\"one\"")).write(request, out);
        });
        open(PATIENT);
        server.requests.clear();
        assertReads(0, 4096);
        assertThat(server.requests).extracting(Request::path).containsExactly("/5");
        server.requests.clear();
        now = START.plus(Duration.ofMinutes(5));
        assertReads(0, 4096);
        assertThat(server.requests).extracting(Request::path).containsExactly("/disk", "/1", "/2", "/3", "/4", "/5");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 410, 302})
    void shouldAskAnewWhereItWasSentWhenThatHasExpired(int status) throws Exception {
        server.then(redirect("/signed?key=1")).then(server.right("\"one\""));
        open(PATIENT);
        server.requests.clear();
        server.then(status == 302 ? redirect("/login") : status(status)).then(redirect("/signed?key=2"));
        assertReads(0, 4096);
        assertThat(server.requests).extracting(Request::path)
                .containsExactly("/signed?key=1", "/disk", "/signed?key=2");
        server.requests.clear();
        server.then(status(404)).then(status(404));
        assertFails(Kind.REFUSED, "the server answers 404");
        assertThat(server.requests).extracting(Request::path).containsExactly("/signed?key=2", "/disk");
    }

    @Test
    void shouldForgetWhereItWasSentWhenNobodyListensThereAnyMore() throws Exception {
        ScriptedHttpServer other = new ScriptedHttpServer(content);
        server.then(redirect(other.url()));
        open(PATIENT);
        assertThat(other.requests).hasSize(1);
        other.close();
        assertThat(failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertReads(0, 4096);
    }

    @Test
    void shouldNotBeSentAroundForEver() throws Exception {
        server.usually(redirect("/disk"));
        assertOpeningFails(Kind.REFUSED, "the server sends us on more than 5 times");
        assertThat(server.requests).hasSize(6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc/passwd", "ftp://127.0.0.1/disk", "http:///disk", "not an address", ""})
    void shouldNotGoWhereItCannot(String location) {
        server.usually(redirect(location));
        OriginException failure = catchThrowableOfType(OriginException.class, () -> open(PATIENT));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
    }

    @Test
    void shouldSayThePasswordToItsOwnServerOnly() throws Exception {
        try (ScriptedHttpServer other = new ScriptedHttpServer(content)) {
            server.then(redirect("/elsewhere")).then(redirect(other.url()));
            String address = server.url().replace("//", "//me:se%20cret@");
            origin = HttpOrigin.open(address, HttpOrigin.newClient(PATIENT), PATIENT, () -> now);
            assertThat(origin.name()).isEqualTo(server.url());
            // me:se cret
            assertThat(server.request().headers()).containsEntry("authorization", "Basic bWU6c2UgY3JldA==");
            assertThat(server.request().headers()).containsEntry("authorization", "Basic bWU6c2UgY3JldA==");
            assertThat(other.request().headers()).doesNotContainKey("authorization");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbd://host/x", "http:///disk", "http://me:secret@/x", "ht tp://me:secret@host/x", ""})
    void shouldNotOpenWhatIsNoAddress(String address) {
        OriginException failure = catchThrowableOfType(
                OriginException.class,
                () -> HttpOrigin.open(address, HttpOrigin.newClient(PATIENT), PATIENT, () -> now));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.getMessage()).doesNotContain("secret");
    }
}
