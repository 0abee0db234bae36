package io.varve.daemon.format.vhd;

import com.code_intelligence.jazzer.junit.FuzzTest;
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
 * Invariants checked: any bytes are a VHD whose pieces cover the disk and whose data lies inside the file, or one of
 * the two answers that are meant for people.
 */
class VhdFuzzTest {

    /** Looks at one disk; a small file can claim a large one. */
    private static final int MAX_LOOKS = 2000;
    private static final int READ_LENGTH = 4096;

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        byte[] data = new byte[4096];
        data[700] = 1;
        SeedFiles.check(VhdFuzzTest.class, "shouldAnswerAnyFile", Map.of(
                "fixed", TestVhd.fixed(new byte[1536]).build(),
                "dynamic", TestVhd.dynamic(9000 / 512 * 512, 4096).block(1, data, 1, 2, 7).build(),
                "differencing", TestVhd.differencing(8192, 4096).parentName("p.vhd").locator(0, "W2ru", ".\\p.vhd", 1)
                        .locator(1, "W2ku", "C:\\p.vhd", 512).block(0, data, 0, 1).build(),
                "no-footer", TestVhd.dynamic(4096, 4096).block(0, data, 1).body()));
    }

    /** As it is, and with its checksums put right, so that what lies behind them is reached. */
    @FuzzTest
    void shouldAnswerAnyFile(byte[] content) throws IOException {
        check(content);
        if (content.length >= 2048) {
            byte[] sealed = content.clone();
            sealAt(sealed, 0);
            sealAt(sealed, sealed.length - 512);
            long header = ByteBuffer.wrap(sealed).getLong(sealed.length - 512 + 16);
            if (header >= 0 && header <= sealed.length - 1024) {
                TestVhd.seal(sealed, (int) header, 1024, 36);
            }
            check(sealed);
        }
    }

    private static void sealAt(byte[] bytes, int position) {
        TestVhd.seal(bytes, position, 512, 64);
    }

    /** Whether the bytes are a VHD whose every piece could be had. */
    static boolean check(byte[] content) throws IOException {
        VhdImage image;
        try {
            image = TestVhd.open(content);
        } catch (CorruptDataException | UnsupportedImageException e) {
            requireOneLine(e);
            return false;
        }
        image.parent().ifPresent(link -> link.paths().forEach(path -> require(!path.isEmpty() && path.length() <= 4096,
                "path of " + path.length())));
        try {
            image.requireSoundTables();
        } catch (CorruptDataException e) {
            requireOneLine(e);
        }
        Piece piece = new Piece();
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(READ_LENGTH));
        boolean sound = true;
        long offset = 0;
        for (int look = 0; look < MAX_LOOKS && offset < image.size(); look++) {
            try {
                require(image.locate(offset, image.size() - offset, piece, true), "has to wait");
            } catch (CorruptDataException e) {
                requireOneLine(e);
                sound = false;
                offset += 512;
                continue;
            }
            require(piece.length() >= 1 && piece.length() <= image.size() - offset, piece.toString());
            if (piece.kind() == Piece.DATA) {
                require(piece.position() >= 0 && piece.position() <= content.length - piece.length(), piece.toString());
                new ImageChain(List.of(image)).read(offset, buffer, 0, (int) Math.min(READ_LENGTH, piece.length()));
            }
            offset += piece.length();
        }
        return sound;
    }

    private static void requireOneLine(IOException e) {
        require(e.getMessage().indexOf('\n') < 0, e.getMessage());
    }

    private static void require(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }
}
