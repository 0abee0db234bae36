package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile.Advice;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link BlockFile} does. A subclass says where files live. */
public abstract class BlockFileContract {

    private static final int LENGTH = 64 * 1024;

    protected final UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
    protected Path path;
    protected BlockFile file;

    /** The same for the whole test. */
    protected abstract FileSpace space();

    /** An existing, empty directory. */
    protected abstract Path directory();

    @BeforeEach
    void create() throws IOException {
        path = directory().resolve("file");
        file = space().open(path, OpenMode.CREATE_NEW);
    }

    @AfterEach
    void close() throws IOException {
        file.close();
    }

    @Test
    void shouldCallNothingAHoleThatWasWritten() throws IOException {
        buffer.setMemory(0, 10_000, (byte) 'x');
        file.write(0, buffer, 0, 10_000);

        assertThat(file.nextData(0)).isZero();
        assertThat(file.nextData(9_999)).isEqualTo(9_999);
        assertThat(file.nextHole(5)).isEqualTo(10_000);
        assertThat(file.nextData(10_000)).isEqualTo(10_000);
    }

    @Test
    void shouldStartEmptyAndTellItsName() throws IOException {
        assertThat(file.size()).isZero();
        assertThat(file.name()).isEqualTo(path.toString());
    }

    @Test
    void shouldReadWhatWasWritten() throws IOException {
        buffer.putStringWithoutLengthAscii(100, "some bytes");

        file.write(5000, buffer, 100, 10);

        assertThat(file.size()).isEqualTo(5010);
        assertThat(read(5000, 10)).isEqualTo("some bytes");
        assertThat(read(4998, 4)).isEqualTo("\0\0so");
    }

    @Test
    void shouldPutBytesAtTheIndexAndNowhereElse() throws IOException {
        fill(0, 8192, 'x');
        buffer.setMemory(0, LENGTH, (byte) '-');

        file.read(0, buffer, 10, 20);
        int count = file.readNow(100, buffer, 50, 20);

        assertThat(count).isBetween(1, 20);
        String expected = "-".repeat(10) + "x".repeat(20) + "-".repeat(20) + "x".repeat(count) + "-".repeat(50);
        assertThat(buffer.getStringWithoutLengthAscii(0, 100 + count)).isEqualTo(expected);
    }

    @Test
    void shouldReadQuietlyTheSameBytesAndNoneBehindTheEnd() throws IOException {
        fill(0, 9000, 'x');
        buffer.setMemory(0, LENGTH, (byte) '-');

        file.readQuietly(100, buffer, 10, 8900);

        assertThat(buffer.getStringWithoutLengthAscii(0, 8920))
                .isEqualTo("-".repeat(10) + "x".repeat(8900) + "-".repeat(10));
        assertThatThrownBy(() -> file.readQuietly(100, buffer, 0, 8901)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldReadNowWhatWasJustWritten() throws IOException {
        buffer.putStringWithoutLengthAscii(0, "cached");
        file.write(0, buffer, 0, 6);
        buffer.setMemory(0, 6, (byte) 0);

        assertThat(file.readNow(0, buffer, 0, 6)).isEqualTo(6);
        assertThat(buffer.getStringWithoutLengthAscii(0, 6)).isEqualTo("cached");
    }

    @Test
    void shouldReadNowUpToTheEnd() throws IOException {
        fill(0, 100, 'x');

        assertThat(file.readNow(90, buffer, 0, 50)).isEqualTo(10);
    }

    @Test
    void shouldRefuseToReadPastTheEnd() throws IOException {
        fill(0, 100, 'x');

        assertThatThrownBy(() -> file.read(90, buffer, 0, 11))
                .isInstanceOf(TruncatedFileException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining("byte 100");
        assertThatThrownBy(() -> file.read(4096, buffer, 0, 1))
                .isInstanceOf(TruncatedFileException.class)
                .hasMessageContaining("byte 4096");
        assertThatThrownBy(() -> file.readNow(100, buffer, 0, 1))
                .isInstanceOf(TruncatedFileException.class)
                .hasMessageContaining("byte 100");
    }

    @Test
    void shouldDoNothingForNoBytes() throws IOException {
        file.write(10, buffer, 0, 0);
        file.read(10, buffer, 0, 0);
        file.punchHole(0, 0);
        file.zeroRange(0, 0);

        assertThat(file.readNow(10, buffer, LENGTH, 0)).isZero();
        assertThat(file.size()).isZero();
    }

    @Test
    void shouldRefuseRangesOutsideTheBuffer() throws IOException {
        fill(0, 4096, 'x');
        int[][] ranges = {{-1, 1}, {0, -1}, {LENGTH, 1}, {1, LENGTH}, {Integer.MAX_VALUE, Integer.MAX_VALUE}};

        for (int[] range : ranges) {
            assertThatThrownBy(() -> file.read(0, buffer, range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> file.readNow(0, buffer, range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> file.write(0, buffer, range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void shouldRefuseNegativePositions() {
        assertThatThrownBy(() -> file.read(-1, buffer, 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.readNow(-1, buffer, 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.write(-1, buffer, 0, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldTruncateAndGrow() throws IOException {
        fill(0, 8192, 'x');

        file.truncate(5);
        assertThat(file.size()).isEqualTo(5);
        file.truncate(1L << 40);

        assertThat(file.size()).isEqualTo(1L << 40);
        assertThat(read(0, 8)).isEqualTo("xxxxx\0\0\0");
        assertThat(read((1L << 40) - 2, 2)).isEqualTo("\0\0");
    }

    @Test
    void shouldKeepTheSizeAroundAHole() throws IOException {
        fill(0, 16_384, 'x');

        file.punchHole(4096, 8192);

        assertThat(file.size()).isEqualTo(16_384);
        assertThat(read(0, 4096)).isEqualTo("x".repeat(4096));
        assertThat(read(12_288, 4096)).isEqualTo("x".repeat(4096));
    }

    @Test
    void shouldZeroARangeToTheByte() throws IOException {
        fill(0, 16_384, 'x');

        file.zeroRange(100, 9000);

        assertThat(file.size()).isEqualTo(16_384);
        assertThat(read(0, 16_384)).isEqualTo("x".repeat(100) + "\0".repeat(9000) + "x".repeat(7284));
    }

    @Test
    void shouldNotGrowByZeroing() throws IOException {
        fill(0, 5000, 'x');

        file.zeroRange(4000, 100_000);

        assertThat(file.size()).isEqualTo(5000);
        assertThat(read(3999, 1001)).isEqualTo("x" + "\0".repeat(1000));
    }

    @Test
    void shouldSyncAndTakeAdvice() throws IOException {
        fill(0, 8192, 'x');
        file.sync();
        for (Advice advice : Advice.values()) {
            file.advise(advice, 0, 8192);
        }
        file.advise(Advice.WILL_NEED, -1, -1);

        assertThat(read(0, 8192)).isEqualTo("x".repeat(8192));
    }

    @Test
    void shouldKeepItsBytesWhenOpenedAgain() throws IOException {
        fill(0, 100, 'x');
        file.close();

        file = space().open(path, OpenMode.READ_WRITE);

        assertThat(read(0, 100)).isEqualTo("x".repeat(100));
    }

    @Test
    void shouldNotWriteWhatIsOpenForReading() throws IOException {
        fill(0, 100, 'x');

        try (BlockFile reader = space().open(path, OpenMode.READ)) {
            reader.read(0, buffer, 0, 100);
            assertThatThrownBy(() -> reader.write(0, buffer, 0, 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(path.toString());
        }
    }

    @Test
    void shouldRefuseEverythingAfterClose() throws IOException {
        fill(0, 100, 'x');
        file.close();

        assertThatThrownBy(() -> file.read(0, buffer, 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.readNow(0, buffer, 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.write(0, buffer, 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.sync()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.size()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.truncate(0)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.punchHole(0, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldBeWrittenAndReadByManyThreads() throws Exception {
        int threadCount = 4;
        int pagesPerThread = 50;
        long seed = System.nanoTime();
        CyclicBarrier start = new CyclicBarrier(threadCount);
        ExecutorService threads = Executors.newFixedThreadPool(threadCount);
        List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < threadCount; i++) {
            int thread = i;
            results.add(threads.submit(() -> {
                UnsafeBuffer own = Buffers.alignedDirect(2 * Pages.PAGE_SIZE);
                Random random = new Random(seed + thread);
                start.await();
                for (int j = 0; j < pagesPerThread; j++) {
                    long position = Pages.offset((long) j * threadCount + thread);
                    long value = random.nextLong();
                    own.putLong(0, value);
                    own.putLong(Pages.PAGE_SIZE - 8, ~value);
                    file.write(position, own, 0, Pages.PAGE_SIZE);
                    int count = file.readNow(position, own, Pages.PAGE_SIZE, Pages.PAGE_SIZE);
                    if (count != Pages.PAGE_SIZE) {
                        file.read(position, own, Pages.PAGE_SIZE, Pages.PAGE_SIZE);
                    }
                    assertThat(own.getLong(Pages.PAGE_SIZE)).as("seed %d", seed).isEqualTo(value);
                    assertThat(own.getLong(2 * Pages.PAGE_SIZE - 8)).as("seed %d", seed).isEqualTo(~value);
                }
                return null;
            }));
        }
        for (Future<?> each : results) {
            each.get();
        }
        threads.shutdown();
        assertThat(file.size()).isEqualTo(Pages.offset((long) threadCount * pagesPerThread));
    }

    private void fill(long position, int length, char value) throws IOException {
        buffer.setMemory(0, length, (byte) value);
        file.write(position, buffer, 0, length);
    }

    protected final String read(long position, int length) throws IOException {
        buffer.setMemory(0, LENGTH, (byte) '?');
        file.read(position, buffer, 0, length);
        return buffer.getStringWithoutLengthAscii(0, length);
    }
}
