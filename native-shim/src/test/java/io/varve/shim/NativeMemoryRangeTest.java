package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NativeMemoryRangeTest {

    private static final int PAGE = 4096;
    private static final long MIB = 1 << 20;

    @Test
    void shouldReserveMoreThanThereIsAndTakeOnlyWhatIsTouched() throws IOException {
        try (NativeMemoryRange range = NativeMemoryRange.reserve(1L << 40)) {
            fill(range, 0, PAGE);
            long before = residentKib();
            fill(range, 0, 64 * MIB);
            fill(range, (1L << 40) - PAGE, PAGE);
            long filled = residentKib();
            assertThat(filled - before).isGreaterThan(50L << 10);

            range.discard(0, 64 * MIB);

            assertThat(filled - residentKib()).isGreaterThan(50L << 10);
            assertThat(view(range, 5 * MIB, PAGE).get(PAGE - 1)).isZero();
            assertThat(view(range, (1L << 40) - PAGE, PAGE).get(PAGE - 1)).isEqualTo((byte) 5);
        }
    }

    @Test
    void shouldRefuseWhatIsNotInTheRange() throws IOException {
        try (NativeMemoryRange range = NativeMemoryRange.reserve(4 * PAGE)) {
            assertThatThrownBy(() -> range.discard(-PAGE, PAGE)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> range.discard(PAGE, 4 * PAGE)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> range.discard(Long.MAX_VALUE, PAGE)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> range.discard(1, PAGE)).isInstanceOfSatisfying(
                    NativeException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
        assertThatThrownBy(() -> NativeMemoryRange.reserve(1L << 60)).isInstanceOfSatisfying(
                NativeException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
    }

    private static void fill(NativeMemoryRange range, long position, long length) {
        for (long at = position; at < position + length; at += PAGE) {
            view(range, at, PAGE).put(PAGE - 1, (byte) 5);
        }
    }

    private static ByteBuffer view(NativeMemoryRange range, long position, int length) {
        return MemoryView.over(range.address() + position, length);
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }
}
