package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trim, write zeroes and block status of more than 4 GiB at once, as extended headers allow. */
final class DiskLongRangeTest {

    private static final long SIZE = (20L << 30) + 512;
    private static final long FAR = 17L << 30;
    private static final byte[] DATA = {1, 2, 3};

    private DiskFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new DiskFixture(new FakeLayers((int) ((SIZE >> 12) + 1), new Random(1)), SIZE);
        assertThat(fixture.write(100, DATA, 0).error()).isNull();
        assertThat(fixture.write(FAR, DATA, 0).error()).isNull();
        assertThat(fixture.write(SIZE - 3, DATA, 0).error()).isNull();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldZeroTheWholeDisk() {
        final TestReply reply = fixture.zeroes(0, SIZE, 0);
        fixture.settle();
        assertThat(reply.done()).isTrue();
        assertThat(reply.error()).isNull();
        assertThat(fixture.read(100, 3).payload()).containsOnly(0);
        assertThat(fixture.read(FAR, 3).payload()).containsOnly(0);
        assertThat(fixture.read(SIZE - 3, 3).payload()).containsOnly(0);
    }

    @Test
    void shouldZeroNothingBesideALongRange() {
        final TestReply reply = fixture.zeroes(103, FAR - 103, NbdProtocol.CMD_FLAG_FUA);
        fixture.settle();
        assertThat(reply.error()).isNull();
        assertThat(fixture.read(100, 3).payload()).isEqualTo(DATA);
        assertThat(fixture.read(FAR, 3).payload()).isEqualTo(DATA);
    }

    @Test
    void shouldTrimMoreThanFourGigabytes() {
        final TestReply reply = fixture.trim(4096, SIZE - 4096);
        fixture.settle();
        assertThat(reply.error()).isNull();
        assertThat(fixture.read(100, 3).payload()).isEqualTo(DATA);
        assertThat(fixture.read(FAR, 3).payload()).containsOnly(0);
        assertThat(fixture.read(SIZE - 3, 3).payload()).containsOnly(0);
    }

    /** An answer may be short, and then the client asks again. */
    @Test
    void shouldDescribeLongExtents() {
        final Map<Long, Integer> starts = new TreeMap<>();
        final long[] described = {0};
        while (described[0] < SIZE) {
            fixture.disk.blockStatus(0, described[0], SIZE - described[0], (length, flags) -> {
                starts.put(described[0], flags);
                described[0] += length;
                return true;
            });
        }
        assertThat(described[0]).isEqualTo(SIZE);
        final long lastPage = SIZE - 512;
        starts.forEach((start, flags) -> assertThat(flags).as("at %d", start)
                .isEqualTo(start == 0 || start == FAR || start == lastPage ? 0 : 3));
        assertThat(starts).containsKeys(0L, 4096L, FAR, FAR + 4096, lastPage);
    }
}
