package io.varve.shim.libc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class NativeMemoryTest {

    @Test
    void shouldEndPathsWithNul() {
        NativeMemory path = NativeMemory.path("ab");

        assertThat(path.buffer().capacity()).isEqualTo(3);
        assertThat(path.buffer().get(0)).isEqualTo((byte) 'a');
        assertThat(path.buffer().get(2)).isZero();
    }

    @Test
    void shouldRefuseNulInsideAPath() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NativeMemory.path("image\0/../secret"))
                .withMessageContaining("NUL");
    }
}
