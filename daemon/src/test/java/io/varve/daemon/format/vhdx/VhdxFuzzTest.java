package io.varve.daemon.format.vhdx;

import static io.varve.daemon.format.vhdx.TestVhdx.MIB;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: a file into which any bytes are written is read, or is damage, or is not supported; pieces cover
 * its disk. A file of megabytes is no good input, so an input is what to write into one of four files that are whole:
 *
 * <pre>
 *   kind of file | { area | offset in it, 2 bytes | length | bytes } ...
 * </pre>
 *
 * <p>Checksums are put right at the end, because nothing behind them would be reached otherwise; those of an area are
 * left wrong if its number is above 127.
 */
class VhdxFuzzTest {

    private static final int MAX_PIECES = 2000;
    private static final long[] AREAS = {0, 64 * 1024, 128 * 1024, 192 * 1024, 256 * 1024, TestVhdx.METADATA,
        TestVhdx.METADATA + 64 * 1024, TestVhdx.TABLE, TestVhdx.LOG, TestVhdx.LOG + 8192, 5 * MIB};
    private static final List<TestVhdx> FILES = List.of(
            made(512, false, false), made(512, true, false), made(4096, true, true), made(512, false, true));

    private static TestVhdx made(int sectorSize, boolean child, boolean log) {
        TestVhdx made = new TestVhdx(8 * MIB + 4096, MIB, sectorSize, child);
        made.full(2);
        made.full(3);
        made.state(4, 2, 0);
        if (child) {
            made.partial(5);
            made.own(5, 3);
            made.partial(8);
            made.own(8, 0);
        }
        if (log) {
            made.withLog();
            long second = new TestLog(7).zero(5 * MIB, 12288).data(5 * MIB + 8192, new byte[4096]).write(made, 0, 0);
            new TestLog(8).data(TestVhdx.TABLE, made.file.get(TestVhdx.TABLE, 4096)).write(made, second, 0);
        }
        return made;
    }

    @Test
    void shouldHaveUsefulPatchesAsSeeds() throws IOException {
        SeedFiles.check(VhdxFuzzTest.class, "shouldReadAnyFile", Map.of(
                "dynamic", new byte[] {0},
                "child", new byte[] {1},
                "log", new byte[] {2},
                "entry", patch(0, 7, 16, TestVhdx.le(8).putLong(0x7fffff00006L)),
                "size", patch(1, 6, 8, TestVhdx.le(8).putLong(Long.MAX_VALUE - 511)),
                "locator", patch(1, 6, 40 + 16, TestVhdx.le(4).putInt(-1)),
                "descriptor", patch(3, 8, 64 + 8, TestVhdx.le(16).putLong(1L << 61).putLong(1L << 61)),
                "header", patch(2, 1, 68, TestVhdx.le(12).putInt(1 << 30).putLong(MIB)),
                "unsealed", patch(0, 128 + 3, 8, TestVhdx.le(4).putInt(2047))));
    }

    private static byte[] patch(int kind, int area, int offset, ByteBuffer bytes) {
        return ByteBuffer.allocate(5 + bytes.capacity()).put((byte) kind).put((byte) area).putShort((short) offset)
                .put((byte) bytes.capacity()).put(bytes.array()).array();
    }

    @FuzzTest
    void shouldReadAnyFile(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        TestVhdx base = FILES.get(input[0] & 3);
        SparseFile file = base.file.copy();
        ByteBuffer patches = ByteBuffer.wrap(input, 1, input.length - 1);
        List<Integer> unsealed = new ArrayList<>();
        while (patches.remaining() >= 4) {
            int area = patches.get() & 0xff;
            int offset = patches.getShort() & 0xffff;
            byte[] bytes = new byte[Math.min(patches.get() & 0xff, patches.remaining())];
            patches.get(bytes);
            int index = (area & 127) % AREAS.length;
            file.put(AREAS[index] + offset, bytes);
            if (area > 127) {
                unsealed.add(index);
            }
        }
        for (int area : new int[] {1, 2, 3, 4, 8}) {
            if (!unsealed.contains(area)) {
                seal(file, AREAS[area], area < 3 ? 4096 : area < 8 ? 64 * 1024 : entryLength(file));
            }
        }
        try (VhdxImage image = new VhdxImage(file)) {
            new Walk(image).everything(MAX_PIECES);
            image.requireSoundTables();
        } catch (CorruptDataException | UnsupportedImageException e) {
            if (e.getMessage().lines().count() != 1) {
                throw new AssertionError("not one line: " + e.getMessage());
            }
        }
    }

    private static int entryLength(SparseFile file) {
        int length = ByteBuffer.wrap(file.get(TestVhdx.LOG + 8, 4)).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt();
        return length > 0 && length <= MIB ? length : 4096;
    }

    private static void seal(SparseFile file, long position, int length) {
        file.put(position + 4, new byte[4]);
        file.put(position + 4, TestVhdx.le(4).putInt(TestVhdx.crc(file.get(position, length))).array());
    }
}
