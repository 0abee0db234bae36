package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class Crc32cTest {

    @Test
    void shouldGiveTheCheckValueOfTheStandard() {
        UnsafeBuffer buffer = Buffers.alignedDirect(16);
        buffer.putBytes(3, "123456789".getBytes(StandardCharsets.US_ASCII));

        assertThat(Crc32c.of(buffer, 3, 9)).isEqualTo(0xE3069283);
    }

    @Test
    void shouldAgreeWithTheJdkForAnyRange() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] bytes = new byte[20_000];
        random.nextBytes(bytes);
        UnsafeBuffer buffer = Buffers.alignedDirect(bytes.length);
        buffer.putBytes(0, bytes);

        for (int i = 0; i < 1000; i++) {
            int index = random.nextInt(bytes.length);
            int length = random.nextInt(bytes.length - index + 1);
            CRC32C expected = new CRC32C();
            expected.update(bytes, index, length);
            assertThat(Crc32c.of(buffer, index, length))
                    .as("seed %d, index %d, length %d", seed, index, length)
                    .isEqualTo((int) expected.getValue());
        }
    }

    @Test
    void shouldLookAtTheBufferOfTheCallOnly() {
        UnsafeBuffer first = Buffers.alignedDirect(8192);
        UnsafeBuffer second = Buffers.alignedDirect(8192);
        second.setMemory(0, 8192, (byte) 1);

        int ofFirst = Crc32c.of(first, 0, 4096);

        assertThat(Crc32c.of(second, 0, 4096)).isNotEqualTo(ofFirst);
        assertThat(Crc32c.of(first, 4096, 4096)).isEqualTo(ofFirst);
    }

    @Test
    void shouldRefuseWhatIsOutsideOrOnTheHeap() {
        UnsafeBuffer buffer = Buffers.alignedDirect(4096);

        assertThatThrownBy(() -> Crc32c.of(buffer, 1, 4096)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Crc32c.of(buffer, -1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Crc32c.of(buffer, 0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatIllegalArgumentException().isThrownBy(() -> Crc32c.of(new UnsafeBuffer(new byte[8]), 0, 8));
    }
}
