package io.varve.daemon.remote;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any body of several ranges is taken or refused with one readable line; however it is cut on its
 * way, the outcome is the same; nothing is written outside of the pieces; what is taken is whole.
 */
class MultipartFuzzTest {

    private static final int SIZE = 100;
    private static final List<Piece> PIECES = List.of(new Piece(5, 1, 4), new Piece(20, 10, 10));
    private static final List<ByteRange> RANGES = List.of(new ByteRange(5, 4), new ByteRange(20, 10));
    private static final HttpJudge JUDGE =
            new HttpJudge("x", RANGES, SIZE, new HttpValidator("", false), () -> Instant.EPOCH);
    private static final String PARTS = "\r\n--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-8/100\r\n"
            + "\r\nabcd\r\n--B\r\nContent-Range: bytes 20-29/100\r\n\r\n0123456789";

    private final UnsafeBuffer buffer = Buffers.alignedDirect(32);

    @Test
    void shouldHaveRealBodiesAsSeeds() throws IOException {
        SeedFiles.check(MultipartFuzzTest.class, "shouldTakeOrRefuseAnyBody", Map.of(
                "right", text(PARTS + "\r\n--B--\r\n"),
                "joined", text("preamble\r\n--B\r\nContent-Range: bytes 5-29/100\r\n\r\n0123456789012345678901234"
                        + "\r\n--B--"),
                "cut", text(PARTS.substring(0, PARTS.length() - 5)),
                "changed", text(PARTS.replace("20-29/100", "20-29/99") + "\r\n--B--\r\n")));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @FuzzTest
    void shouldTakeOrRefuseAnyBody(byte[] body) {
        String whole = outcome(body, Math.max(1, body.length));
        for (int step : new int[] {1, 3}) {
            String cut = outcome(body, step);
            if (!cut.equals(whole)) {
                throw new AssertionError("whole: " + whole + "; cut into " + step + ": " + cut);
            }
        }
    }

    private String outcome(byte[] body, int step) {
        buffer.setMemory(0, buffer.capacity(), (byte) 0x5a);
        Scatter scatter = new Scatter(PIECES, buffer, JUDGE);
        MultipartReader reader = new MultipartReader("B", scatter, JUDGE);
        String outcome;
        try {
            for (int i = 0; i < body.length; i += step) {
                reader.read(ByteBuffer.wrap(body, i, Math.min(step, body.length - i)));
            }
            reader.end();
            if (!scatter.isWhole()) {
                throw new AssertionError("taken, and not whole");
            }
            outcome = "taken";
        } catch (OriginException e) {
            outcome = e.kind() + " " + e.getMessage();
            if (!e.getMessage().matches("[ -~]{1,300}")) {
                throw new AssertionError("not one readable line: " + e.getMessage());
            }
        }
        for (int i = 0; i < buffer.capacity(); i++) {
            int at = i;
            boolean isInside = PIECES.stream().anyMatch(p -> at >= p.index() && at < p.index() + p.length());
            if (!isInside && buffer.getByte(i) != 0x5a) {
                throw new AssertionError("byte " + i + " was written");
            }
        }
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < PIECES.size(); i++) {
            for (int done = 0; done < scatter.received(i); done++) {
                bytes.append(' ').append(buffer.getByte(PIECES.get(i).index() + done));
            }
        }
        return outcome + bytes;
    }
}
