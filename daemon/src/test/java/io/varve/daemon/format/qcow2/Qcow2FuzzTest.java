package io.varve.daemon.format.qcow2;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any bytes are an image whose pieces cover its disk without gaps and can be read, or damage, or
 * something that is not read here; looking twice, and without waiting, says the same.
 */
class Qcow2FuzzTest {

    /** A few bytes can describe petabytes, with a piece per cluster: where to stop looking. */
    private static final int MAX_LOOKS = 2000;
    private static final int MAX_READ = 1 << 16;

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        HandMadeQcow2 plain = new HandMadeQcow2(3, 9, 512 * 70).backing("base", "raw");
        plain.data(0, new byte[] {1, 2, 3});
        plain.entry(3, 1);
        plain.data(69, new byte[] {4});
        HandMadeQcow2 old = new HandMadeQcow2(2, 9, 512 * 3);
        old.compressed(1, HandMadeQcow2.deflated(new byte[512]), 5);
        HandMadeQcow2 zstd = new HandMadeQcow2(3, 9, 512 * 3).putLong(72, 8).putInt(104, 1 << 24);
        zstd.compressed(2, Zstd.compress(new byte[512]), 1);
        SeedFiles.check(Qcow2FuzzTest.class, "shouldAnswerAnyFile",
                Map.of("plain", plain.bytes(), "old", old.bytes(), "zstd", zstd.bytes()));
    }

    @FuzzTest
    void shouldAnswerAnyFile(byte[] content) throws IOException {
        try (Qcow2Image image = new Qcow2Image(HandMadeQcow2.file(content))) {
            look(image);
            image.requireSoundTables();
        } catch (CorruptDataException | UnsupportedImageException e) {
            if (e.getMessage().contains("\n")) {
                throw new AssertionError("more than a line: " + e.getMessage());
            }
        }
    }

    private static void look(Qcow2Image image) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_READ));
        Piece piece = new Piece();
        Piece again = new Piece();
        long offset = 0;
        for (int looks = 0; looks < MAX_LOOKS && offset < image.size(); looks++) {
            long rest = image.size() - offset;
            require(image.locate(offset, rest, piece, true), "not located");
            require(piece.length() >= 1 && piece.length() <= rest, piece + " of " + rest);
            require((piece.length() & 511) == 0 || piece.length() == rest, "no whole sectors: " + piece);
            require(!image.locate(offset, rest, again, false) || again.toString().equals(piece.toString()),
                    piece + ", then " + again);
            if (piece.kind() == Piece.DATA) {
                require(piece.position() > 0 && piece.length() <= image.file().size() - piece.position(),
                        "outside: " + piece);
            }
            if (piece.kind() == Piece.DATA || piece.kind() == Piece.ENCODED) {
                new ImageChain(List.of(image)).read(offset, buffer, 0, (int) Math.min(MAX_READ, piece.length()));
            }
            offset += piece.length();
        }
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
