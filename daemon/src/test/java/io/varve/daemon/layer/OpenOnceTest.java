package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenOnceTest {

    private final OpenOnce<String, AutoCloseable> open = new OpenOnce<>();
    private final List<String> happened = new ArrayList<>();

    private OpenOnce<String, AutoCloseable>.Lease take(String key) throws IOException {
        return open.take(key, () -> {
            happened.add("open " + key);
            return () -> happened.add("close " + key);
        });
    }

    @Test
    void shouldOpenOnceAndCloseWithTheLast() throws IOException {
        OpenOnce<String, AutoCloseable>.Lease first = take("a");
        OpenOnce<String, AutoCloseable>.Lease second = take("a");
        OpenOnce<String, AutoCloseable>.Lease other = take("b");

        assertThat(second.value()).isSameAs(first.value()).isNotSameAs(other.value());
        first.close();
        assertThat(happened).containsExactly("open a", "open b");
        second.close();
        assertThat(happened).containsExactly("open a", "open b", "close a");
        assertThat(open.openCount()).isEqualTo(1);
        other.close();
        assertThat(open.openCount()).isZero();
    }

    @Test
    void shouldOpenAgainAfterTheLast() throws IOException {
        take("a").close();
        take("a").close();

        assertThat(happened).containsExactly("open a", "close a", "open a", "close a");
    }

    @Test
    void shouldRememberNothingOfWhatDidNotOpen() throws IOException {
        assertThatThrownBy(() -> open.take("a", () -> {
            throw new IOException("damaged");
        })).hasMessage("damaged");

        assertThat(open.openCount()).isZero();
        take("a").close();
        assertThat(happened).containsExactly("open a", "close a");
    }
}
