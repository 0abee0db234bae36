package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.OriginException.Kind;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies of several ranges, right ones and each way in which one can be wrong. The disk: byte i is i. */
class MultipartReaderTest {

    private static final int SIZE = 100;
    private static final List<Piece> PIECES =
            List.of(new Piece(5, 1, 4), new Piece(20, 10, 10), new Piece(60, 30, 5));

    private final UnsafeBuffer buffer = Buffers.alignedDirect(64);
    private final HttpJudge judge = new HttpJudge("x",
            PIECES.stream().map(piece -> new ByteRange(piece.position(), piece.length())).toList(), SIZE,
            new HttpValidator("", false), () -> Instant.EPOCH);
    private Scatter scatter;

    private OriginException read(String body, int step) {
        buffer.setMemory(0, buffer.capacity(), (byte) -1);
        scatter = new Scatter(PIECES, buffer, judge);
        MultipartReader reader = new MultipartReader("B", scatter, judge);
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        try {
            for (int i = 0; i < bytes.length; i += step) {
                reader.read(ByteBuffer.wrap(bytes, i, Math.min(step, bytes.length - i)));
            }
            reader.end();
            return null;
        } catch (OriginException e) {
            return e;
        } finally {
            requireNothingElse();
        }
    }

    /** Whatever came: what is said to be there is there, and outside of the pieces the buffer is as it was. */
    private void requireNothingElse() {
        byte[] expected = new byte[buffer.capacity()];
        Arrays.fill(expected, (byte) -1);
        for (int i = 0; i < PIECES.size(); i++) {
            Piece piece = PIECES.get(i);
            for (int done = 0; done < piece.length(); done++) {
                expected[piece.index() + done] = done < scatter.received(i)
                        ? (byte) (piece.position() + done)
                        : buffer.getByte(piece.index() + done);
            }
        }
        byte[] found = new byte[buffer.capacity()];
        buffer.getBytes(0, found);
        assertThat(found).isEqualTo(expected);
    }

    private static String bytes(int first, int last) {
        StringBuilder text = new StringBuilder();
        for (int i = first; i <= last; i++) {
            text.append((char) i);
        }
        return text.toString();
    }

    private static String part(int first, int last) {
        return "\r\n--B\r\nContent-Range: bytes " + first + "-" + last + "/100\r\n\r\n" + bytes(first, last);
    }

    private static final String END = "\r\n--B--\r\n";
    private static final String RIGHT = part(5, 8) + part(20, 29) + part(60, 64) + END;

    static List<String> right() {
        return List.of(
                RIGHT,
                RIGHT.substring(2),
                RIGHT.substring(0, RIGHT.length() - 2),
                "This is a preamble.\r\n" + RIGHT.substring(2) + "and an epilogue, of any kind\n\r",
                RIGHT.replace("--B\r\n", "--B \t\r\nX-Any: thing\r\ncontent-type:x\r\n"),
                RIGHT.replace("Content-Range: ", "CONTENT-RANGE:").replace("--B--", "--B-- "),
                // In another order.
                part(60, 64) + part(5, 8) + part(20, 29) + END,
                // Two with what lies between them, and one cut into two.
                part(5, 8) + part(20, 29) + part(55, 70) + END,
                part(3, 35) + part(60, 64) + END,
                part(3, 20) + part(21, 29).replace("21-29", "021-29") + part(60, 64) + END);
    }

    @ParameterizedTest
    @MethodSource("right")
    void shouldTakeWhatWasAskedFor(String body) {
        for (int step : new int[] {1, 2, 3, 7, 1000}) {
            assertThat(read(body, step)).isNull();
            assertThat(scatter.isWhole()).isTrue();
        }
    }

    static Stream<Arguments> wrong() {
        String last = part(60, 64) + END;
        return Stream.of(
                wrong("less than a part", RIGHT.substring(0, RIGHT.indexOf(bytes(20, 29)) + 9), Kind.UNAVAILABLE),
                wrong("nothing", "", Kind.UNAVAILABLE),
                wrong("no end", RIGHT.substring(0, RIGHT.length() - 4), Kind.UNAVAILABLE),
                wrong("only the boundary", "--B\r\n", Kind.UNAVAILABLE),
                wrong("an end without a part", "--B--\r\n", Kind.UNAVAILABLE),
                wrong("a part is missing", part(5, 8) + last, Kind.REFUSED),
                wrong("the last part is missing", part(5, 8) + part(20, 29) + END, Kind.REFUSED),
                wrong("a piece is not whole", part(5, 8) + part(20, 28) + last, Kind.REFUSED),
                wrong("the same again", part(5, 8) + part(5, 8) + last, Kind.REFUSED),
                wrong("overlapping", part(5, 8) + part(20, 29) + part(29, 64) + END, Kind.REFUSED),
                wrong("not from the beginning", part(6, 8) + part(20, 29) + last, Kind.REFUSED),
                wrong("another place", part(5, 8) + part(30, 39) + last, Kind.REFUSED),
                wrong("the whole disk", "\r\n--B\r\nContent-Range: bytes 0-99/100\r\n\r\n" + bytes(0, 99) + END,
                        Kind.REFUSED),
                wrong("backwards", RIGHT.replace("20-29", "29-20"), Kind.REFUSED),
                wrong("behind the disk", RIGHT.replace("60-64", "60-100"), Kind.REFUSED),
                wrong("another disk", RIGHT.replace("20-29/100", "20-29/101"), Kind.CHANGED),
                wrong("no disk", RIGHT.replace("20-29/100", "20-29/*"), Kind.REFUSED),
                wrong("no range", RIGHT.replace("Content-Range: bytes 20-29/100", "X-Range: bytes 20-29/100"),
                        Kind.REFUSED),
                wrong("two ranges", RIGHT.replace("Content-Range", "Content-Range: bytes 5-8/100\r\nContent-Range"),
                        Kind.REFUSED),
                wrong("shorter than it says", RIGHT.replace(bytes(20, 29), bytes(20, 28)), Kind.REFUSED),
                wrong("longer than it says", RIGHT.replace(bytes(20, 29), bytes(20, 30)), Kind.REFUSED),
                wrong("another boundary", RIGHT.replace("--B\r\nContent-Range: bytes 20", "--C\r\nContent-Range: 20"),
                        Kind.REFUSED),
                wrong("half an end", RIGHT.replace("--B--", "--B-"), Kind.REFUSED),
                wrong("a folded line", RIGHT.replace("Content-Range: bytes 20", "Content-Range:\r\n bytes 20"),
                        Kind.REFUSED),
                wrong("lines without CR", RIGHT.replace("\r", ""), Kind.REFUSED),
                wrong("lines without LF", RIGHT.replace("\n", ""), Kind.REFUSED),
                wrong("a line without end", "--B\r\n" + "x".repeat(600), Kind.REFUSED),
                wrong("headers without end", "--B\r\n" + "X: y\r\n".repeat(17), Kind.REFUSED),
                wrong("a preamble without end", "hello\r\n".repeat(200), Kind.REFUSED),
                wrong("an epilogue without end", RIGHT + "x".repeat(1025), Kind.REFUSED),
                wrong("a header that is none", RIGHT.replace("Content-Range", "nothing\r\nContent-Range"),
                        Kind.REFUSED),
                wrong("packed", RIGHT.replace("Content-Range", "Content-Encoding: gzip\r\nContent-Range"),
                        Kind.REFUSED),
                wrong("too many parts", part(5, 6) + part(7, 8) + part(20, 29) + last, Kind.REFUSED));
    }

    private static Arguments wrong(String name, String body, Kind kind) {
        return Arguments.of(name, body, kind);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrong")
    void shouldRefuseAnythingElse(String name, String body, Kind kind) {
        for (int step : new int[] {1, 5, 1000}) {
            OriginException failure = read(body, step);
            assertThat(failure).as(name).isNotNull().hasMessageStartingWith("x, 3 ranges in bytes 5-64: ");
            assertThat(failure.getMessage()).matches("[ -~]{1,300}");
            assertThat(failure.kind()).isEqualTo(kind);
        }
    }

    @Test
    void shouldReadABoundaryOutOfAHead() {
        for (String type : new String[] {"multipart/byteranges; boundary=00000000000000000012",
                "Multipart/Byteranges;boundary=\"a b:c\"", "multipart/byteranges; BOUNDARY=x "}) {
            assertThat(boundary(type)).isNotEmpty();
        }
        assertThat(boundary("multipart/byteranges; boundary=\"a b:c\"")).isEqualTo("a b:c");
        for (String type : new String[] {"multipart/mixed; boundary=x", "multipart/byteranges", "text/plain",
                "multipart/byteranges; boundary=", "multipart/byteranges; boundary=\"x", "multipart/byteranges; x=y",
                "multipart/byteranges; boundary=" + "x".repeat(71), "multipart/byteranges; boundary=\"x \""}) {
            assertThat(boundary(type)).as(type).isEmpty();
        }
    }

    private static String boundary(String type) {
        return HttpJudge.boundary(HttpHeaders.of(
                Map.of("Content-Type", List.of(type)), (name, value) -> true)).orElse("");
    }
}
