package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.merge.HostileMerge;
import io.varve.daemon.format.merge.MergeTrial.Content;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: those of {@link HostileMerge}, for any child, parent and record. An input is what to write into
 * files that are whole, at bytes counted from the start, or from the end if the number is above 127:
 *
 * <pre>
 *   type of parent, and of child | { child 0, parent 1, record 2; + 128 | offset, 2 bytes | length | bytes } ...
 * </pre>
 *
 * <p>Checksums are put right at the end.
 */
class VhdMergeFuzzTest {

    private static final int FOOTER = 512;
    private static final int BLOCK = 4096;
    private static final List<String> TYPES = List.of("fixed", "dynamic", "small blocks", "differencing");
    private static final List<byte[]> PARENTS = TYPES.stream().map(type -> VhdMergeTest.parent(type).build()).toList();
    private static final List<byte[]> CHILDREN = List.of(
            VhdMergeTest.childBytes(VhdMergeTest.Pattern.BOUNDARIES, BLOCK),
            VhdMergeTest.childBytes(VhdMergeTest.Pattern.SOME_BLOCKS, BLOCK),
            VhdMergeTest.childBytes(VhdMergeTest.Pattern.MIDDLES, 1024),
            VhdMergeTest.childBytes(VhdMergeTest.Pattern.EVERYTHING, BLOCK));
    private static final byte[] GRANDPARENT = VhdMergeTest.grandparent().build();

    @Test
    void shouldHaveUsefulPatchesAsSeeds() throws IOException {
        SeedFiles.check(VhdMergeFuzzTest.class, "shouldMergeAnyFiles", Map.of(
                "fixed", new byte[] {0},
                "dynamic", new byte[] {1},
                "small", new byte[] {(byte) 0x82},
                "differencing", new byte[] {(byte) 0x43},
                "entry", patch(1, 1, TestVhd.TABLE, ByteBuffer.allocate(4).putInt(0, 0x7fff_ff00)),
                "bitmap", patch(3, 1, 2560, ByteBuffer.allocate(2).putShort(0, (short) -1)),
                "block-length", patch(1, 1, TestVhd.HEADER + 32, ByteBuffer.allocate(4).putInt(0, 1 << 31)),
                "size", patch(3, 0, 48, ByteBuffer.allocate(8).putLong(0, Long.MAX_VALUE - 511)),
                "moved", patch(3, 2, 176, ByteBuffer.allocate(2).putShort(0, (short) 0x20)),
                "limit", patch(3, 2, 160, ByteBuffer.allocate(8).putLong(0, -1))));
    }

    private static byte[] patch(int kind, int file, int offset, ByteBuffer bytes) {
        return ByteBuffer.allocate(5 + bytes.capacity()).put((byte) kind).put((byte) file).putShort((short) offset)
                .put((byte) bytes.capacity()).put(bytes.array()).array();
    }

    @Test
    void shouldMergeWhatIsWhole() throws IOException {
        for (int kind = 0; kind < 16; kind++) {
            assertThat(isMerged(new byte[] {(byte) (kind % 4 | kind / 4 << 6)})).as("kind %d", kind).isTrue();
        }
    }

    @Test
    void shouldMergeOrRefuseWhatASeedChanged() throws IOException {
        long seed = 41;
        Random random = new Random(seed);
        int merged = 0;
        for (int round = 0; round < 1500; round++) {
            int file = random.nextInt(6) * 128 / 3 & 0x80 | random.nextInt(3);
            int at = random.nextInt(file == 2 ? 200 : random.nextBoolean() ? TestVhd.TABLE + 40 : 30_000);
            byte[] bytes = new byte[1 + random.nextInt(4)];
            random.nextBytes(bytes);
            byte[] input = patch(random.nextInt(256), file, at, ByteBuffer.wrap(bytes));
            try {
                merged += isMerged(input) ? 1 : 0;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
        assertThat(merged).isBetween(100, 1400);
    }

    @FuzzTest
    void shouldMergeAnyFiles(byte[] input) throws IOException {
        if (input.length > 0) {
            isMerged(input);
        }
    }

    private static boolean isMerged(byte[] input) throws IOException {
        int kind = input[0] & 0xff;
        byte[][] files = {CHILDREN.get(kind >> 6).clone(), PARENTS.get(kind & 3).clone()};
        apply(input, 0, files[0]);
        apply(input, 1, files[1]);
        seal(files[0], true);
        seal(files[1], (kind & 3) != 0);
        Content grandparent = (kind & 3) == 3 ? Content.of(GRANDPARENT) : null;
        return new HostileMerge(ImageFormat.VHD, Content.of(files[0]), Content.of(files[1]), grandparent)
                .check(record -> apply(input, 2, record));
    }

    /** Answers whether there was anything to write. */
    private static boolean apply(byte[] input, int number, byte[] bytes) {
        ByteBuffer patches = ByteBuffer.wrap(input, 1, input.length - 1);
        boolean any = false;
        while (patches.remaining() >= 4) {
            int file = patches.get() & 0xff;
            int offset = patches.getShort() & 0xffff;
            byte[] patch = new byte[Math.min(patches.get() & 0xff, patches.remaining())];
            patches.get(patch);
            int at = file > 127 ? bytes.length - 1 - offset : offset;
            if ((file & 127) % 3 == number && at >= 0 && at <= bytes.length - patch.length) {
                System.arraycopy(patch, 0, bytes, at, patch.length);
                any = true;
            }
        }
        return any;
    }

    private static void seal(byte[] bytes, boolean hasHeader) {
        TestVhd.seal(bytes, bytes.length - FOOTER, FOOTER, 64);
        if (hasHeader) {
            TestVhd.seal(bytes, 0, FOOTER, 64);
            TestVhd.seal(bytes, TestVhd.HEADER, 1024, 36);
        }
    }
}
