package io.varve.daemon.format.vhdx;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.merge.HostileMerge;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: those of {@link HostileMerge}, for any child, parent and record. An input is what to write into
 * files that are whole:
 *
 * <pre>
 *   type of parent, and of child | { area of the child, + 64 of the parent, 128 record | offset, 2 bytes | length
 *                                    | bytes } ...
 * </pre>
 *
 * <p>Checksums are put right at the end.
 */
class VhdxMergeFuzzTest {

    private static final int KIB = 1 << 10;
    /** Both headers, both region tables, metadata, the block table with the entry of the bitmap, what is behind. */
    private static final long[] AREAS = {64 * KIB, 128 * KIB, 192 * KIB, 256 * KIB, TestVhdx.METADATA,
        TestVhdx.METADATA + 64 * KIB, TestVhdx.TABLE, TestVhdx.TABLE + 32 * KIB, 5L << 20};
    private static final List<String> TYPES =
            List.of("fixed", "dynamic", "differencing", "differencing, nearly whole");
    private static final List<TestVhdx> PARENTS = TYPES.stream().map(VhdxMergeTest::parent).toList();
    private static final List<TestVhdx> CHILDREN = List.of(VhdxMergeTest.child(VhdxMergeTest.Pattern.BOUNDARIES),
            VhdxMergeTest.child(VhdxMergeTest.Pattern.EVERYTHING), VhdxMergeTest.child(VhdxMergeTest.Pattern.ZEROS),
            VhdxMergeTest.child(VhdxMergeTest.Pattern.MIXED));
    private static final TestVhdx GRANDPARENT = VhdxMergeTest.grandparent();

    @Test
    void shouldHaveUsefulPatchesAsSeeds() throws IOException {
        SeedFiles.check(VhdxMergeFuzzTest.class, "shouldMergeAnyFiles", Map.of(
                "fixed", new byte[] {0},
                "dynamic", new byte[] {(byte) 0xc1},
                "differencing", new byte[] {(byte) 0xc2},
                "no-bitmap", patch(2, 64 + 7, 0, TestVhdx.le(8)),
                "state", patch(2, 64 + 6, 0, TestVhdx.le(1).put((byte) 1)),
                "place", patch(2, 64 + 6, 0, TestVhdx.le(8).putLong(9L << 20 | 6)),
                "bitmap", patch(2, 64 + 7, 0, TestVhdx.le(8).putLong(0x7fffff00006L)),
                "child", patch(1, 6, 8, TestVhdx.le(8).putLong(4L << 20 | 6)),
                "size", patch(2, 64 + 5, 8, TestVhdx.le(8).putLong(Long.MAX_VALUE - 511)),
                "moved", patch(2, 128, 176, TestVhdx.le(4).putInt(1 << 20))));
    }

    private static byte[] patch(int kind, int area, int offset, ByteBuffer bytes) {
        return ByteBuffer.allocate(5 + bytes.capacity()).put((byte) kind).put((byte) area).putShort((short) offset)
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
        long seed = 43;
        Random random = new Random(seed);
        int merged = 0;
        for (int round = 0; round < 400; round++) {
            int area = random.nextInt(8) == 0 ? 128 : random.nextInt(2) * 64 + 4 + random.nextInt(4);
            byte[] bytes = new byte[1 + random.nextInt(8)];
            random.nextBytes(bytes);
            byte[] input = patch(random.nextInt(256), area, random.nextInt(48), ByteBuffer.wrap(bytes));
            try {
                merged += isMerged(input) ? 1 : 0;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
        assertThat(merged).isBetween(20, 380);
    }

    @FuzzTest
    void shouldMergeAnyFiles(byte[] input) throws IOException {
        if (input.length > 0) {
            isMerged(input);
        }
    }

    private static boolean isMerged(byte[] input) throws IOException {
        int kind = input[0] & 0xff;
        SparseFile child = CHILDREN.get(kind >> 6).file.copy();
        SparseFile parent = PARENTS.get(kind & 3).file.copy();
        ByteBuffer patches = ByteBuffer.wrap(input, 1, input.length - 1);
        while (patches.remaining() >= 4) {
            int area = patches.get() & 0xff;
            int offset = patches.getShort() & 0xffff;
            byte[] bytes = bytes(patches);
            if (area < 128) {
                (area < 64 ? child : parent).put(AREAS[(area & 63) % AREAS.length] + offset, bytes);
            }
        }
        seal(child);
        seal(parent);
        return new HostileMerge(ImageFormat.VHDX, VhdxMergeTest.content(child), VhdxMergeTest.content(parent),
                (kind & 3) > 1 ? VhdxMergeTest.content(GRANDPARENT.file) : null)
                .check(record -> changeRecord(input, record));
    }

    private static byte[] bytes(ByteBuffer patches) {
        byte[] bytes = new byte[Math.min(patches.get() & 0xff, patches.remaining())];
        patches.get(bytes);
        return bytes;
    }

    private static boolean changeRecord(byte[] input, byte[] record) {
        ByteBuffer patches = ByteBuffer.wrap(input, 1, input.length - 1);
        boolean any = false;
        while (patches.remaining() >= 4) {
            int area = patches.get() & 0xff;
            int offset = patches.getShort() & 0xffff;
            byte[] bytes = bytes(patches);
            if (area > 127 && offset <= record.length - bytes.length) {
                System.arraycopy(bytes, 0, record, offset, bytes.length);
                any = true;
            }
        }
        return any;
    }

    private static void seal(SparseFile file) {
        for (int area = 0; area < 4; area++) {
            long position = AREAS[area];
            file.put(position + 4, new byte[4]);
            file.put(position + 4,
                    TestVhdx.le(4).putInt(TestVhdx.crc(file.get(position, area < 2 ? 4 * KIB : 64 * KIB))).array());
        }
    }
}
