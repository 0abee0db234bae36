package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ListenAddressTest {

    @Test
    void shouldParseUnixAndTcp() {
        assertThat(ListenAddress.parse("unix:///run/varve.sock"))
                .isEqualTo(new ListenAddress.Unix(Path.of("/run/varve.sock")));
        assertThat(ListenAddress.parse("tcp://127.0.0.1:0")).isEqualTo(new ListenAddress.Tcp("127.0.0.1", 0));
        assertThat(ListenAddress.parse("tcp://[::1]:7")).isEqualTo(new ListenAddress.Tcp("::1", 7));
        assertThat(ListenAddress.parse("tcp://host")).isEqualTo(new ListenAddress.Tcp("host", 10809));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "unix://", "tcp://", "tcp://:1", "tcp://a:", "tcp://a:70000", "tcp://a:x", "tcp://[::1]x", "http://a"
    })
    void shouldRefuseAnythingElse(String uri) {
        assertThatThrownBy(() -> ListenAddress.parse(uri))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unix:///path or tcp://host:port");
    }
}
