package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BulkFileTest extends BlockFileContract {

    private static final long CACHED_LENGTH = 30_000;

    @TempDir
    private Path directory;
    private int uncachedCount;

    /** Gives a bulk file to who makes one. */
    @Override
    protected FileSpace space() {
        return new ForwardingFileSpace(new NativeFileSpace()) {
            @Override
            public BlockFile open(Path path, OpenMode mode) throws IOException {
                BlockFile opened = super.open(path, mode);
                return mode == OpenMode.CREATE_NEW
                        ? new BulkFile(opened, counted(super.open(path, OpenMode.READ_WRITE_UNCACHED)), CACHED_LENGTH,
                                2 * Pages.PAGE_SIZE)
                        : opened;
            }
        };
    }

    private BlockFile counted(BlockFile uncached) {
        return new ForwardingFile(uncached) {
            @Override
            public void write(long position, DirectBuffer source, int index, int length)
                    throws IOException {
                assertThat((position | index | length) % Pages.PAGE_SIZE).isZero();
                uncachedCount++;
                super.write(position, source, index, length);
            }
        };
    }

    @Override
    protected Path directory() {
        return directory;
    }

    @Test
    void shouldBeTheSameBytesWhicheverWayTheyWent() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] expected = new byte[300_000];
        for (int round = 0; round < 400; round++) {
            int unit = random.nextInt(3) == 0 ? 1 : Pages.PAGE_SIZE;
            int length = random.nextInt(20_000) / unit * unit;
            int index = random.nextInt(10_000) / unit * unit;
            int position = random.nextInt(expected.length - length) / unit * unit;
            for (int i = 0; i < length; i++) {
                buffer.putByte(index + i, (byte) random.nextInt());
            }
            buffer.getBytes(index, expected, position, length);
            file.write(position, buffer, index, length);
        }
        file.sync();
        file.truncate(expected.length);

        assertThat(Files.readAllBytes(path)).as("seed %d", seed).isEqualTo(expected);
        assertThat(uncachedCount).as("seed %d", seed).isBetween(50, 350);
    }

    @Test
    void shouldLeaveTheBeginningInThePageCache() throws IOException {
        for (int i = 0; i < 5; i++) {
            file.write(i * 8192L, buffer, 0, 8192);
            assertThat(uncachedCount).isEqualTo(Math.max(0, i - 2));
        }
        file.write(0, buffer, 0, Pages.PAGE_SIZE);
        assertThat(uncachedCount).as("a short one is not worth it").isEqualTo(2);
    }
}
