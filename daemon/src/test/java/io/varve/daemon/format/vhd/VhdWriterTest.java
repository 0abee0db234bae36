package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class VhdWriterTest {

    private static final Path FILE = Path.of("/a.vhd");
    private static final int MIB = 1 << 20;
    private static final long TIME = 1_700_000_000;
    private static final UUID ID = UUID.fromString("7b1f6a52-0d6c-4c0e-9a8f-3f1b2c4d5e6f");
    private static final VhdParent PARENT =
            new VhdParent(TestVhd.PARENT_ID, TIME - 60, "../golden/base.vhd", "/images/golden/base.vhd");

    private final SimFileSpace space = new SimFileSpace();

    private BlockFile create() throws IOException {
        return space.open(FILE, OpenMode.CREATE_NEW);
    }

    private static VhdImage reopen(SimFileSpace disk) throws IOException {
        return new VhdImage(disk.open(FILE, OpenMode.READ));
    }

    private static VhdWriter writer(int kind, BlockFile file, long size) throws IOException {
        return switch (kind) {
            case 0 -> VhdWriter.fixed(file, size, ID, TIME);
            case 1 -> VhdWriter.dynamic(file, size, ID, TIME);
            default -> VhdWriter.differencing(file, size, ID, TIME, PARENT);
        };
    }

    /** Writes some runs of sectors, and answers the disk; 0xEE is what a parent would say. */
    private static byte[] scribble(VhdWriter writer, int kind, int size, Random random) throws IOException {
        byte[] disk = new byte[size];
        Arrays.fill(disk, (byte) (kind == 2 ? 0xEE : 0));
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(size));
        int offset = 0;
        while (offset < size) {
            int length = Math.min(512 * (1 + random.nextInt(1 << random.nextInt(14))), size - offset);
            int what = random.nextInt(4);
            if (what == 0) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                buffer.putBytes(offset, bytes);
                writer.write(offset, buffer, offset, length);
                System.arraycopy(bytes, 0, disk, offset, length);
            } else if (what == 1) {
                writer.zero(offset, length);
                Arrays.fill(disk, offset, offset + length, (byte) 0);
            }
            offset += length;
        }
        writer.finish();
        return disk;
    }

    @Test
    void shouldBeReadBackSectorBySector() throws IOException {
        for (int seed = 0; seed < 12; seed++) {
            int kind = seed % 3;
            Random random = new Random(seed);
            int size = 512 * (1 + random.nextInt(5 * MIB / 512));
            SimFileSpace disk = new SimFileSpace();
            byte[] expected;
            try (BlockFile file = disk.open(FILE, OpenMode.CREATE_NEW)) {
                expected = scribble(writer(kind, file, size), kind, size, random);
            }
            VhdImage image = reopen(disk);
            byte[] actual = Reads.disk(image);
            if (kind == 1) {
                for (int i = 0; i < size; i++) {
                    actual[i] = actual[i] == (byte) 0xEE && expected[i] == 0 ? 0 : actual[i];
                }
            }
            assertThat(Arrays.mismatch(actual, expected)).as("seed %d, size %d", seed, size).isEqualTo(-1);
            assertThat(image.id()).contains(ID.toString());
        }
    }

    @Test
    void shouldNameItsParent() throws IOException {
        try (BlockFile file = create()) {
            VhdWriter.differencing(file, 4096, ID, TIME, PARENT).finish();
        }
        VhdImage image = reopen(space);
        assertThat(image.parent().orElseThrow().paths())
                .containsExactly("../golden/base.vhd", "/images/golden/base.vhd", "base.vhd");
        assertThat(image.parent().orElseThrow().id()).contains(TestVhd.PARENT_ID.toString());
        assertThat(Reads.pieces(image)).containsExactly("absent x 4096");
        assertThatThrownBy(() -> new VhdParent(ID, TIME, "a\\b", "/a")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSetTheBitsOfWrittenSectorsOnly() throws IOException {
        try (BlockFile file = create()) {
            VhdWriter writer = VhdWriter.differencing(file, 6 * MIB, ID, TIME, PARENT);
            UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(1024));
            writer.write(2 * MIB - 512, buffer, 0, 1024);
            writer.zero(4 * MIB + 1024, 512);
            writer.finish();
        }
        VhdImage image = reopen(space);
        assertThat(Reads.pieces(image).stream().map(piece -> piece.replaceAll(" at .*", ""))).containsExactly(
                "absent x 2096640", "data x 512", "data x 512", "absent x 2096640", "absent x 1024", "data x 512",
                "absent x 2095616");
        UnsafeBuffer zeros = new UnsafeBuffer(ByteBuffer.allocateDirect(512));
        new ImageChain(List.of(image)).read(4 * MIB + 1024, zeros, 0, 512);
        assertThat(zeros.getByte(5)).isZero();
    }

    /** Whatever of the writes that were not synced is on the disk. */
    @Test
    void shouldBeNoVhdUntilItIsWhole() throws IOException {
        for (int kind = 0; kind < 3; kind++) {
            SimFileSpace disk = new SimFileSpace();
            int[] counts = new int[2];
            Set<Integer> contents = new HashSet<>();
            try (BlockFile file = disk.open(FILE, OpenMode.CREATE_NEW)) {
                disk.syncDirectory(FILE.getParent());
                disk.hook(call -> crash(disk, counts, contents));
                scribble(writer(kind, file, 3 * MIB + 512), kind, 3 * MIB + 512, new Random(5));
            }
            assertThat(counts[0]).as("crashes that left no VHD, kind %d", kind).isGreaterThan(5);
            assertThat(counts[1]).as("whole ones before the end, kind %d", kind).isLessThanOrEqualTo(3 * 8);
            contents.add(Arrays.hashCode(Reads.disk(reopen(disk))));
            assertThat(contents).as("whole ones, kind %d", kind).hasSize(1);
        }
    }

    private static void crash(SimFileSpace disk, int[] counts, Set<Integer> contents) throws IOException {
        for (int seed = 0; seed < 8; seed++) {
            SimFileSpace image = disk.crash(Chooser.random(new Random(seed)));
            try (BlockFile file = image.open(FILE, OpenMode.READ)) {
                contents.add(Arrays.hashCode(Reads.disk(new VhdImage(file))));
                counts[1]++;
            } catch (CorruptDataException e) {
                counts[0]++;
            }
        }
    }

    @Test
    void shouldRefuseWhatItCannotWrite() throws IOException {
        BlockFile file = create();
        for (long size : new long[] {0, 511, -512, VhdWriter.MAX_SIZE + 512, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> VhdWriter.dynamic(file, size, ID, TIME))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        VhdWriter writer = VhdWriter.dynamic(file, 8 * MIB, ID, TIME);
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(1024));
        assertThatThrownBy(() -> writer.write(256, buffer, 0, 512)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> writer.write(8 * MIB - 512, buffer, 0, 1024))
                .isInstanceOf(IllegalArgumentException.class);
        writer.write(4 * MIB, buffer, 0, 512);
        assertThatThrownBy(() -> writer.write(0, buffer, 0, 512)).isInstanceOf(IllegalArgumentException.class);
        writer.finish();
        assertThatThrownBy(() -> writer.write(6 * MIB, buffer, 0, 512)).isInstanceOf(IllegalArgumentException.class);
    }
}
