package io.varve.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.serve.ListenAddress;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SocketActivationTest {

    @Test
    void shouldTakeDescriptorsFrom3On() throws IOException {
        assertThat(SocketActivation.listeners(Map.of("LISTEN_FDS", "2", "LISTEN_PID", "77"), 77))
                .containsExactly(new ListenAddress.Inherited(3), new ListenAddress.Inherited(4));
    }

    @Test
    void shouldLeaveWhatIsMeantForAnotherProcess() throws IOException {
        assertThat(SocketActivation.listeners(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "78"), 77)).isEmpty();
        assertThat(SocketActivation.listeners(Map.of("LISTEN_FDS", "1"), 77)).isEmpty();
        assertThat(SocketActivation.listeners(Map.of(), 77)).isEmpty();
    }

    @Test
    void shouldRefuseWhatIsNoCount() {
        for (String count : new String[] {"", "-1", "x", "1025", "99999"}) {
            assertThatThrownBy(() -> SocketActivation.listeners(Map.of("LISTEN_FDS", count, "LISTEN_PID", "77"), 77))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("LISTEN_FDS is '" + count + "'");
        }
    }
}
