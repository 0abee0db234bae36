package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.NativeMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobTest {

    private static final int PAGES = 60;
    private static final int SIZE = PAGES * Pages.PAGE_SIZE;

    private final SimFileSpace space = new SimFileSpace();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(SIZE + Pages.PAGE_SIZE);
    private final TestDisk disk = TestDisk.empty(SIZE);
    private LayerId id;
    private Chain chain;
    private BlockSource blob;

    @BeforeEach
    void seal() throws IOException {
        for (int page = 0; page < PAGES; page++) {
            disk.fill(page, page + 1);
        }
        id = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        chain = TestLayers.open(space, TestLayers.LAYERS, disk, id);
        blob = chain.source(0);
    }

    @Test
    void shouldBlockUntilItsChecksumsAreInMemory() throws IOException {
        assertThat(blob.readNow(0, buffer, 0, 4096)).isEqualTo(BlockSource.WOULD_BLOCK);

        blob.read(5000, buffer, 0, 1);

        assertThat(blob.readNow(0, buffer, 0, 4096)).isEqualTo(4096);
    }

    @Test
    void shouldGiveWholeVerifiedPagesOfWhatIsInMemory() throws IOException {
        blob.read(0, buffer, 0, 1);
        Random random = new Random(3);
        for (int round = 0; round < 3000; round++) {
            int position = random.nextInt(SIZE);
            int length = 1 + random.nextInt(Math.min(100_000, SIZE - position));
            int resident = random.nextInt(3) == 0 ? random.nextInt(5) * Pages.PAGE_SIZE : random.nextInt(120_000);
            space.residency(asked -> Math.min(asked, resident));

            int count = blob.readNow(position, buffer, 3, length);

            String what = length + " bytes at " + position + ", " + resident + " in memory";
            if (resident < Pages.PAGE_SIZE) {
                assertThat(count).as(what).isEqualTo(BlockSource.WOULD_BLOCK);
                continue;
            }
            assertThat(count).as(what).isBetween(1, length);
            if (count < length) {
                assertThat((position + count) % Pages.PAGE_SIZE).as("%s: cut at a page", what).isZero();
            }
            byte[] actual = new byte[count];
            buffer.getBytes(3, actual);
            assertThat(actual).as(what).isEqualTo(disk.range(position, count));
        }
    }

    @Test
    void shouldRefuseABadPageAlsoWhenOnlyOneOfItsBytesIsRead() throws IOException {
        blob.read(0, buffer, 0, 1);
        Path pages = LayerFiles.blob(TestLayers.LAYERS, chain.layer(0).manifest().blobs().get(0).id())
                .resolve("pages");
        try (BlockFile file = space.open(pages, OpenMode.READ_WRITE)) {
            UnsafeBuffer wrong = Buffers.alignedDirect(1);
            file.read(7 * 4096 + 100, wrong, 0, 1);
            wrong.putByte(0, (byte) ~wrong.getByte(0));
            file.write(7 * 4096 + 100, wrong, 0, 1);
        }
        int[][] touching = {{7 * 4096, 1}, {8 * 4096 - 1, 1}, {7 * 4096 + 100, 1}, {0, SIZE}, {6 * 4096 + 1, 4096},
            {7 * 4096, 4096}, {4 * 4096, 4 * 4096}};
        for (int[] range : touching) {
            assertThatThrownBy(() -> blob.readNow(range[0], buffer, 0, range[1]))
                    .isInstanceOf(CorruptDataException.class).hasMessageContaining("page 7");
            assertThatThrownBy(() -> blob.read(range[0], buffer, 0, range[1]))
                    .isInstanceOf(CorruptDataException.class).hasMessageContaining("page 7");
        }
        assertThat(blob.readNow(7 * 4096 - 10, buffer, 0, 10)).isEqualTo(10);
        assertThat(blob.readNow(8 * 4096, buffer, 0, 10)).isEqualTo(10);
    }

    @Test
    void shouldRefuseRangesOutsideTheBlob() {
        long[][] outside = {{-1, 1}, {SIZE, 1}, {SIZE - 1, 2}, {0, SIZE + 1}, {Long.MAX_VALUE - 3, 8}};
        for (long[] range : outside) {
            assertThatThrownBy(() -> blob.read(range[0], buffer, 0, (int) range[1])).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> blob.readNow(range[0], buffer, 0, (int) range[1]))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void shouldNameTheFileThatHoldsTheSameBytes(@TempDir Path directory) throws Exception {
        assertThat(blob.sealedFile()).as("simulated").isEqualTo(BlockSource.NO_FILE);
        Path layers = directory.resolve("layers");
        LayerId real = TestLayers.seal(new NativeFileSpace(), layers, disk, null, new Random(1));
        NativeMemory memory = NativeMemory.allocate(4096);
        byte[] sent = new byte[4096];
        byte[] read = new byte[4096];
        try (Chain opened = TestLayers.open(new NativeFileSpace(), layers, disk, real)) {
            BlockSource source = opened.source(0);
            source.read(3 * 4096, buffer, 0, 4096);
            buffer.getBytes(0, read);
            assertThat(NativeFile.pread(source.sealedFile(), memory.address(), 4096, 3 * 4096)).isEqualTo(4096);
            memory.buffer().get(0, sent);
            assertThat(sent).isEqualTo(read);
        }
    }

    /** Of real files, because the simulated ones allocate. */
    @Test
    void shouldAllocateNothingToRead(@TempDir Path directory) throws IOException {
        Path layers = directory.resolve("layers");
        LayerId real = TestLayers.seal(new NativeFileSpace(), layers, disk, null, new Random(1));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        try (Chain opened = TestLayers.open(new NativeFileSpace(), layers, disk, real)) {
            BlockSource source = opened.source(0);
            source.read(0, buffer, 0, SIZE);
            readMany(source);
            long before = threads.getThreadAllocatedBytes(self);
            assertThat(readMany(source)).isEqualTo(2000 * 4608);
            assertThat(threads.getThreadAllocatedBytes(self) - before)
                    .as("bytes for 4000 reads").isLessThan(4000);
        }
    }

    private int readMany(BlockSource source) throws IOException {
        int count = 0;
        for (int i = 0; i < 2000; i++) {
            count += source.readNow(i % PAGES * 4096L, buffer, 0, 4096);
            count += source.readNow(i % PAGES * 4096L + 7, buffer, 0, 512);
        }
        return count;
    }
}
