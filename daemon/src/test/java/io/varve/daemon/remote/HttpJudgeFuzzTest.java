package io.varve.daemon.remote;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.SeedFiles;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any head of an answer is accepted or refused with one readable line; what is accepted is a 206
 * that states the range, the size and the entity tag that were asked for; no server is left alone for more than a
 * minute.
 */
class HttpJudgeFuzzTest {

    private static final ByteRange RANGE = new ByteRange(65_536, 4096);
    private static final long SIZE = 1 << 20;
    private static final HttpValidator TAG = new HttpValidator("\"one\"", true);
    private static final HttpValidator NONE = new HttpValidator("", false);

    @Test
    void shouldHaveRealHeadsAsSeeds() throws IOException {
        SeedFiles.check(HttpJudgeFuzzTest.class, "shouldAnswerAnyHead", Map.of(
                "part", text("206\nContent-Range: bytes 65536-69631/1048576\nETag: \"one\"\nContent-Length: 4096"),
                "changed", text("206\nContent-Range: bytes 65536-69631/1048577\nETag: W/\"two\"\n"
                        + "Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT\nDate: Sun, 22 Nov 2026 10:00:01 GMT"),
                "outside", text("416\nContent-Range: bytes */0"),
                "busy", text("503\nRetry-After: Sun, 22 Nov 2026 10:00:00 GMT")));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @FuzzTest
    void shouldAnswerAnyHead(byte[] head) {
        String[] lines = new String(head, StandardCharsets.ISO_8859_1).split("\n", -1);
        int status = lines[0].matches("[1-9]\\d\\d") ? Integer.parseInt(lines[0]) : 206;
        Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 1; i < lines.length; i++) {
            String[] parts = lines[i].split(": ", 2);
            if (parts.length == 2 && parts[0].matches("[A-Za-z-]+")) {
                fields.computeIfAbsent(parts[0], any -> new ArrayList<>()).add(parts[1]);
            }
        }
        HttpHeaders headers = HttpHeaders.of(fields, (name, value) -> true);
        HttpValidator found = HttpValidator.of(headers);
        if (!found.text().matches("[ -~]*") || found.text().length() > 1000) {
            throw new AssertionError("cannot be sent back: " + found);
        }
        judge(status, headers, SIZE, TAG);
        judge(status, headers, -1, NONE);
    }

    private static void judge(int status, HttpHeaders headers, long size, HttpValidator validator) {
        HttpJudge judge = new HttpJudge("http://h/d", List.of(RANGE), size, validator, () -> Instant.EPOCH);
        Optional<OriginException> refusal = judge.refuse(status, headers);
        if (refusal.isPresent()) {
            OriginException why = refusal.get();
            if (!why.getMessage().startsWith("http://h/d, bytes 65536-69631: ")
                    || !why.getMessage().matches("[ -~]{1,400}")
                    || why.retryAfterMs() < 0
                    || why.retryAfterMs() > 60_000
                    || why.retryAfterMs() > 0 && why.kind() != Kind.BUSY) {
                throw new AssertionError("not one readable line: " + why.getMessage() + why.retryAfterMs());
            }
            return;
        }
        long stated = HttpJudge.size(headers);
        boolean isRange = headers.firstValue("Content-Range").orElse("").toLowerCase(java.util.Locale.ROOT)
                .matches("bytes 0*65536-0*69631/0*" + stated);
        if (status != 206 || !isRange || stated < 69_632 || size >= 0 && stated != size
                || validator == TAG && !headers.firstValue("ETag").equals(Optional.of("\"one\""))) {
            throw new AssertionError("accepted: " + status + " " + headers.map());
        }
    }
}
