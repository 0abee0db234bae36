package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class BuffersTest {

    @Test
    void shouldBeAlignedZeroedAndOffHeap() {
        for (int length : new int[] {1, 4096, 100_000}) {
            UnsafeBuffer buffer = Buffers.alignedDirect(length);

            assertThat(buffer.capacity()).isEqualTo(length);
            assertThat(buffer.addressOffset() % Pages.PAGE_SIZE).isZero();
            assertThat(buffer.byteArray()).isNull();
            assertThat(buffer.getByte(length - 1)).isZero();
        }
    }
}
