package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.FakeChain;
import io.varve.daemon.format.FakeImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkedDiskTest {

    private static final int MIB = 1 << 20;

    @TempDir
    Path directory;

    private LinkedDisk raw(long size, long... data) throws IOException {
        Path file = directory.resolve("disk.raw");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(size);
            for (long position : data) {
                made.seek(position);
                made.write(new byte[] {1});
            }
        }
        return LinkedDisk.open(new NativeFileSpace(), file, ImageFormat.RAW, List.of());
    }

    @Test
    void shouldKnowTheHolesOfARawFile() throws IOException {
        try (LinkedDisk disk = raw(8 * MIB + 512, 2 * MIB, 5 * MIB)) {
            assertThat(disk.knownZeros(0, 9 * MIB)).isEqualTo(2 * MIB);
            assertThat(disk.knownZeros(MIB, 1000)).isEqualTo(1000);
            assertThat(disk.knownZeros(2 * MIB, MIB)).isBetween(-MIB - 0L, -1L);
            assertThat(disk.knownZeros(4 * MIB, 4 * MIB)).isEqualTo(MIB);
            assertThat(disk.knownZeros(6 * MIB, 2 * MIB)).isEqualTo(2 * MIB);
            // What fills the last page.
            assertThat(disk.knownZeros(8 * MIB + 512, 3584)).isEqualTo(3584);
        }
    }

    @Test
    void shouldTakeAFileOfManyHolesForFull() throws IOException {
        long[] data = new long[FileHoles.MAX_COUNT + 10];
        for (int i = 0; i < data.length; i++) {
            data[i] = i * 8192L;
        }
        try (LinkedDisk disk = raw(data.length * 8192L, data)) {
            assertThat(disk.knownZeros(4096, 1024)).isEqualTo(1024);
            long behind = (FileHoles.MAX_COUNT + 2) * 8192L + 4096;
            assertThat(disk.knownZeros(behind, 1024)).isEqualTo(-1024);
        }
    }

    /** What is called zero is read as zero, in every range of a chain of images. */
    @Test
    void shouldReadZerosWhereItKnowsThem() throws IOException {
        long seed = 7;
        FakeChain made = FakeChain.write(directory, "chain", seed, 40 * Pages.PAGE_SIZE, 50 * Pages.PAGE_SIZE + 512);
        int size = 51 * Pages.PAGE_SIZE;
        long zeros = 0;
        try (LinkedDisk disk = LinkedDisk.open(new NativeFileSpace(), FakeImage::read, made.top(), ImageFormat.VHDX,
                List.of())) {
            UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(size));
            disk.read(0, bytes, 0, size);
            for (long at = 0; at < size; ) {
                long known = disk.knownZeros(at, size - at);
                for (long i = at; i < at + known; i++) {
                    assertThat(bytes.getByte((int) i)).as("seed %d, byte %d", seed, i).isZero();
                }
                zeros += Math.max(0, known);
                at += Math.abs(known);
            }
        }
        assertThat(zeros).isGreaterThan(3584);
    }
}
