package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;

class ErrnoTest {

    @Test
    void shouldNameEveryConstantAsTheTableOfThePlatformDoes() throws IllegalAccessException {
        int count = 0;
        for (Field constant : Errno.class.getDeclaredFields()) {
            if (Modifier.isPublic(constant.getModifiers())) {
                assertThat(Errno.name(constant.getInt(null))).isEqualTo(constant.getName());
                count++;
            }
        }
        assertThat(count).isGreaterThan(30);
    }

    @Test
    void shouldDescribeInWordsAndName() {
        assertThat(Errno.describe(Errno.ENOSPC)).isEqualTo("No space left on device (ENOSPC)");
        assertThat(Errno.describe(Errno.EAGAIN)).isEqualTo("Resource temporarily unavailable (EAGAIN)");
    }

    @Test
    void shouldSayNumberOfWhatItDoesNotKnow() {
        assertThat(Errno.describe(4711)).isEqualTo("Unknown error (errno 4711)");
    }

    @Test
    void shouldKeepCallAndErrnoInTheException() {
        NativeException e = new NativeException("recv", Errno.ECONNRESET);

        assertThat(e.call()).isEqualTo("recv");
        assertThat(e.errno()).isEqualTo(Errno.ECONNRESET);
        assertThat(e).hasMessage("recv: Connection reset by peer (ECONNRESET)");
    }
}
