package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class IoVectorTest {

    @Test
    void shouldLayOutEntriesAsTheKernelReadsThem() {
        IoVector vector = new IoVector(2);
        vector.set(1, 0x1122334455667788L, 4096);

        ByteBuffer second = MemoryView.over(vector.address(1), 16).order(ByteOrder.nativeOrder());

        assertThat(vector.address(1) - vector.address()).isEqualTo(16);
        assertThat(second.getLong(0)).isEqualTo(0x1122334455667788L);
        assertThat(second.getLong(8)).isEqualTo(4096);
        assertThat(vector.base(1)).isEqualTo(0x1122334455667788L);
        assertThat(vector.length(1)).isEqualTo(4096);
        assertThat(vector.length(0)).isZero();
    }

    @Test
    void shouldRefuseEntriesThatItDoesNotHave() {
        IoVector vector = new IoVector(2);

        assertThat(vector.capacity()).isEqualTo(2);
        assertThatThrownBy(() -> vector.set(2, 0, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> vector.address(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
