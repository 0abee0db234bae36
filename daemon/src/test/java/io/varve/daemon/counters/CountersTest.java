package io.varve.daemon.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountersTest {

    @TempDir
    Path directory;

    @Test
    void shouldStartAtZeroAndCountEachOnItsOwn() {
        final Counters counters = Counters.anonymous();
        for (final Counter counter : Counter.values()) {
            assertThat(counters.get(counter).get()).isZero();
            counters.get(counter).getAndAdd(counter.id());
        }
        for (final Counter counter : Counter.values()) {
            assertThat(counters.get(counter).get()).isEqualTo(counter.id());
        }
    }

    @Test
    void shouldNeverChangeTheIdOfACounter() {
        assertThat(Arrays.stream(Counter.values()).map(Counter::id)).doesNotHaveDuplicates();
        assertThat(Counter.CONNECTIONS_ACCEPTED.id()).isEqualTo(1);
        assertThat(Counter.READS.id()).isEqualTo(22);
        assertThat(Counter.ERRORS_IO.id()).isEqualTo(42);
        assertThat(Counter.BOOT_FAILURES.id()).isEqualTo(58);
    }

    @Test
    void shouldShowAnotherReaderWhatIsCountedNow() throws IOException {
        final Path file = directory.resolve("counters");
        final Counters counters = new Counters(file);
        try (CountersView view = Counters.view(file)) {
            assertThat(view.value(Counter.READS)).isZero();
            counters.get(Counter.READS).getAndAdd(17);
            counters.get(Counter.BOOT_LATE).increment();
            assertThat(view.value(Counter.READS)).isEqualTo(17);
            assertThat(view.value(Counter.BOOT_LATE)).isEqualTo(1);
            assertThat(view.value(Counter.WRITES)).isZero();
        }
    }

    @Test
    void shouldReplaceTheFileOfAnEarlierProcessAndLeaveItToItsReaders() throws IOException {
        final Path file = directory.resolve("counters");
        new Counters(file).get(Counter.READS).increment();
        try (CountersView old = Counters.view(file)) {
            new Counters(file);
            try (CountersView fresh = Counters.view(file)) {
                assertThat(fresh.value(Counter.READS)).isZero();
            }
            assertThat(old.value(Counter.READS)).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseAForeignFileByName() throws IOException {
        final Path file = directory.resolve("counters");
        Files.write(file, new byte[100]);
        assertThatThrownBy(() -> Counters.view(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
        Files.write(file, new byte[3]);
        assertThatThrownBy(() -> Counters.view(file)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldRefuseDamagedHeaders() throws IOException {
        final Path file = directory.resolve("counters");
        new Counters(file);
        final byte[] good = Files.readAllBytes(file);
        for (int position = 0; position < 20; position++) {
            final byte[] bad = good.clone();
            bad[position] ^= 0x40;
            final Path damaged = directory.resolve("damaged-" + position);
            Files.write(damaged, bad);
            assertThatThrownBy(() -> Counters.view(damaged))
                    .as("byte %d", position)
                    .isInstanceOf(IOException.class);
        }
        final Path truncated = directory.resolve("truncated");
        Files.write(truncated, Arrays.copyOf(good, good.length - 1));
        assertThatThrownBy(() -> Counters.view(truncated)).isInstanceOf(IOException.class);
    }
}
