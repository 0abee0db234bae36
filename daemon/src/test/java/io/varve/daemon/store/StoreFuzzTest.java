package io.varve.daemon.store;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.SeedFiles;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked, for each document of a store: any bytes are a document, damage, or another version, and the
 * error is one line that names the file; a document means the same after it was written and read again. Each input is
 * tried as it is, and once more with a checksum that is right.
 */
class StoreFuzzTest {

    private static final String FILE = "/store/file.json";
    private static final ImageName WIN = ImageName.parse("lab/win:v1");
    private static final String CRC_NAME = "\"crc32c\"";

    /** Reads a document, and answers it as it would be written now. */
    @FunctionalInterface
    private interface Reader {
        byte[] readAndWrite(byte[] content) throws IOException;
    }

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        List<LayerId> chain = List.of(new LayerId("0123456789abcdef".repeat(4)), new LayerId("ab".repeat(32)));
        ImageManifest first = new ImageManifest(20_992, List.of(), Instant.EPOCH, "win.raw", null);
        ImageManifest second = new ImageManifest(1L << 48, chain, Instant.EPOCH, "\u00e4\n\"", "lab/win:v0");
        byte[] image = second.toJson(WIN);
        SeedFiles.check(StoreFuzzTest.class, "shouldAnswerAnyImage", Map.of(
                "empty.json", first.toJson(WIN), "layers.json", image,
                "by-hand.json", new String(image, StandardCharsets.UTF_8)
                        .replaceAll(",\n *\"crc32c\".*\n", "\n").getBytes(StandardCharsets.UTF_8)));
        SeedFiles.check(StoreFuzzTest.class, "shouldAnswerAnyIdentity",
                Map.of("varve.json", new StoreIdentity(new UUID(7, 9)).toJson()));
        SeedFiles.check(StoreFuzzTest.class, "shouldAnswerAnyReplacement",
                Map.of("merged.json", new Replacement(chain, chain.subList(1, 2)).toJson()));
        SeedFiles.check(StoreFuzzTest.class, "shouldAnswerAnyMarks", Map.of("marks.json", UnreachableMarks.toJson(
                new TreeMap<>(Map.of("layers/" + "ab".repeat(32) + ".json", 0L, "frozen/x", 1_767_225_600_000L)))));
    }

    @FuzzTest
    void shouldAnswerAnyImage(byte[] content) throws IOException {
        check(content, bytes -> ImageManifest.parse(FILE, WIN, bytes).toJson(WIN));
    }

    @FuzzTest
    void shouldAnswerAnyIdentity(byte[] content) throws IOException {
        check(content, bytes -> StoreIdentity.parse(FILE, bytes).toJson());
    }

    @FuzzTest
    void shouldAnswerAnyReplacement(byte[] content) throws IOException {
        check(content, bytes -> {
            List<LayerId> from = List.of(new LayerId("0123456789abcdef".repeat(4)), new LayerId("ab".repeat(32)));
            return Replacement.parse(Path.of("/store/replaced").resolve(new Replacement(from, List.of()).fileName()),
                    bytes).toJson();
        });
    }

    @FuzzTest
    void shouldAnswerAnyMarks(byte[] content) throws IOException {
        check(content, bytes -> UnreachableMarks.toJson(UnreachableMarks.parse(FILE, bytes)));
    }

    private static void check(byte[] content, Reader reader) throws IOException {
        checkOnce(content, reader);
        checkOnce(sealed(content), reader);
    }

    private static void checkOnce(byte[] content, Reader reader) throws IOException {
        byte[] written;
        try {
            written = reader.readAndWrite(content);
        } catch (CorruptDataException | FormatVersionException | StoreException e) {
            if (!e.getMessage().contains("/store/") || e.getMessage().lines().count() != 1) {
                throw new AssertionError("not one line that names the file", e);
            }
            return;
        }
        if (!Arrays.equals(reader.readAndWrite(written), written)) {
            throw new AssertionError("it means something else after it was written again");
        }
    }

    private static byte[] sealed(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        int position = text.lastIndexOf(CRC_NAME);
        if (position < 0) {
            return content;
        }
        CRC32C crc = new CRC32C();
        crc.update(content, 0, position);
        return (text.substring(0, position) + CRC_NAME + " : \"" + HexFormat.of().toHexDigits((int) crc.getValue())
                + "\"\n}\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
