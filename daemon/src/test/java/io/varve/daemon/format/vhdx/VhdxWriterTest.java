package io.varve.daemon.format.vhdx;

import static io.varve.daemon.format.vhdx.TestVhdx.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VhdxWriterTest {

    private static final VhdxParent PARENT =
            new VhdxParent(UUID.fromString(TestVhdx.PARENT_GUID), "../golden/base.vhdx", "/disks/golden/base.vhdx");

    private final SparseFile file = new SparseFile();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(4 * MIB);

    private static Supplier<UUID> ids(long seed) {
        Random random = new Random(seed);
        return () -> new UUID(random.nextLong(), random.nextLong());
    }

    private VhdxWriter writer(VhdxShape shape, boolean child) {
        return child
                ? VhdxWriter.differencing(file, shape, ids(1), PARENT)
                : VhdxWriter.dynamic(file, shape, ids(1));
    }

    private String pieces(long offset, long length) throws IOException {
        return new Walk(new VhdxImage(file)).pieces(offset, length);
    }

    /** Runs of data, of zeros and of nothing, read back sector by sector. */
    @ParameterizedTest
    @CsvSource({"false, 512, 1048576, 1", "false, 4096, 2097152, 2", "true, 512, 1048576, 3", "true, 4096, 2097152, 4",
        "true, 512, 33554432, 5"})
    void shouldBeReadBackExactly(boolean child, int sectorSize, int blockSize, long seed) throws IOException {
        Random random = new Random(seed);
        long size = 12L * MIB + 3L * sectorSize;
        VhdxWriter writer = writer(new VhdxShape(size, blockSize, sectorSize), child);
        int sectors = (int) (size / sectorSize);
        int[] kinds = new int[sectors];
        int sector = 0;
        while (sector < sectors) {
            int run = Math.min(sectors - sector, 1 + random.nextInt(random.nextInt(5) == 0 ? 5000 : 40));
            run = Math.min(run, buffer.capacity() / sectorSize);
            int kind = random.nextInt(3);
            if (kind == 1) {
                writer.zero((long) sector * sectorSize, (long) run * sectorSize);
            } else if (kind == 2) {
                for (int i = 0; i < run; i++) {
                    buffer.setMemory(i * sectorSize, sectorSize, (byte) (sector + i | 1));
                }
                writer.write((long) sector * sectorSize, buffer, 0, run * sectorSize);
            }
            Arrays.fill(kinds, sector, sector + run, kind);
            sector += run;
        }
        writer.finish();
        Walk walk = new Walk(new VhdxImage(file));
        for (int i = 0; i < sectors; i++) {
            byte[] actual = walk.sector((long) i * sectorSize);
            String where = "seed " + seed + ", sector " + i + " of kind " + kinds[i];
            if (kinds[i] == 0 && child) {
                assertThat(actual).as(where).isNull();
            } else {
                byte[] expected = new byte[512];
                Arrays.fill(expected, (byte) (kinds[i] == 2 ? i | 1 : 0));
                assertThat(actual).as(where).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldNameItsParent() throws IOException {
        writer(new VhdxShape(MIB, MIB, 512), true).finish();
        assertThat(new VhdxImage(file).parent()).contains(new ParentLink(
                List.of("../golden/base.vhdx", "/disks/golden/base.vhdx"), Optional.of(TestVhdx.PARENT_GUID),
                Optional.of(ImageFormat.VHDX)));
        assertThat(pieces(0, MIB)).isEqualTo("absent x 1048576");
    }

    @Test
    void shouldTakeNoRoomForWholeBlocksOfZeros() throws IOException {
        VhdxWriter child = writer(new VhdxShape(3 * MIB + 512, MIB, 512), true);
        child.zero(512, 3 * MIB);
        child.finish();
        assertThat(pieces(0, 3 * MIB + 512)).startsWith("absent x 512, data x 1048064 at ")
                .endsWith(", zero x 2097664");
    }

    @Test
    void shouldCallABlockFullWhoseSectorsAreAllWritten() throws IOException {
        VhdxWriter child = writer(new VhdxShape(MIB + 1024, MIB, 512), true);
        child.write(MIB, buffer, 0, 1024);
        child.finish();
        assertThat(file.get(HeaderSection.TABLE_POSITION + 8, 1)[0] & 7).isEqualTo(6);
        assertThat(file.get(HeaderSection.TABLE_POSITION + 4096 * 8, 8)).as("no bitmap").isEqualTo(new byte[8]);
    }

    @Test
    void shouldHaveFreshIdentifiers() throws IOException {
        VhdxWriter.dynamic(file, new VhdxShape(MIB, MIB, 512), ids(7)).finish();
        String first = new VhdxImage(file).id().orElseThrow();
        SparseFile other = new SparseFile();
        VhdxWriter.dynamic(other, new VhdxShape(MIB, MIB, 512), ids(8)).finish();
        assertThat(new VhdxImage(other).id()).isNotEqualTo(Optional.of(first));
    }

    @Test
    void shouldBeNoVhdxBeforeItIsFinished() throws IOException {
        VhdxWriter writer = writer(new VhdxShape(4 * MIB, MIB, 512), false);
        writer.write(0, buffer, 0, 3 * MIB);
        assertThatThrownBy(() -> new VhdxImage(file)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("signature of a VHDX");
        writer.finish();
        assertThat(new VhdxImage(file).size()).isEqualTo(4 * MIB);
    }

    @Test
    void shouldRefuseWhatItCannotWrite() throws IOException {
        VhdxWriter writer = writer(new VhdxShape(4 * MIB, MIB, 512), false);
        writer.write(2 * MIB, buffer, 0, 512);
        assertThatIllegalArgumentException().isThrownBy(() -> writer.write(MIB, buffer, 0, 512));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.write(3 * MIB, buffer, 0, 100));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.write(4 * MIB, buffer, 0, 512));
        assertThatIllegalArgumentException().isThrownBy(() -> writer.zero(-512, 512));
        writer.finish();
        assertThatIllegalArgumentException().isThrownBy(writer::finish);
        assertThatIllegalArgumentException().isThrownBy(() -> new VhdxShape(MIB + 512, MIB, 4096));
        assertThatIllegalArgumentException().isThrownBy(() -> new VhdxShape(MIB, 3 * MIB, 512));
        assertThatIllegalArgumentException().isThrownBy(() -> new VhdxShape(MIB, 64 * MIB, 512));
        assertThatIllegalArgumentException().isThrownBy(() -> new VhdxShape(MIB, MIB, 1024));
        assertThatIllegalArgumentException().isThrownBy(() -> new VhdxParent(PARENT.id(), "a\\b", "/a"));
    }
}
