package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.remote.Origin.Urgency;
import java.time.InstantSource;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which origin an address means. */
@Timeout(60)
class OriginsTest {

    private final byte[] content = new byte[8192];
    private final Origins origins = new Origins(OriginTimeouts.DEFAULT, InstantSource.system());
    private final UnsafeBuffer buffer = Buffers.alignedDirect(4096);

    @Test
    void shouldOpenWhatTheAddressNames() throws Exception {
        try (ScriptedHttpServer http = new ScriptedHttpServer(content);
                ScriptedNbdServer nbd = new ScriptedNbdServer(content);
                Origin first = origins.open(http.url());
                Origin second = origins.open(nbd.uri())) {
            assertThat(first).isInstanceOf(HttpOrigin.class);
            assertThat(second).isInstanceOf(NbdOrigin.class);
        }
    }

    @Test
    void shouldAskTheServerOnlyWhenItIsNeeded() throws Exception {
        try (ScriptedHttpServer http = new ScriptedHttpServer(content);
                ScriptedNbdServer nbd = new ScriptedNbdServer(content);
                Origin first = origins.deferred(
                        http.url().replace("//", "//me:secret@"), new OriginIdentity(8192, "\"one\""));
                Origin second = origins.deferred(nbd.uri(), new OriginIdentity(8192, ""))) {
            assertThat(first.name()).isEqualTo(http.url());
            assertThat(second.name()).isEqualTo(nbd.uri());
            assertThat(http.requests).isEmpty();
            assertThat(nbd.connectionCount).hasValue(0);
            first.read(4096, buffer, 0, 4096, Urgency.DEMAND);
            second.read(4096, buffer, 0, 4096, Urgency.DEMAND);
            assertThat(http.requests).hasSize(2);
            assertThat(nbd.connectionCount).hasValue(1);
        }
    }

    @Test
    void shouldSayAtOnceThatThisIsNoAddress() {
        for (String address : new String[] {"", "disk.raw", "nbd:disk", "ftp://h/x", "s3://b/x"}) {
            assertThatThrownBy(() -> origins.open(address)).isInstanceOf(OriginException.class);
            assertThatThrownBy(() -> origins.deferred(address, new OriginIdentity(1, "")))
                    .isInstanceOf(OriginException.class);
        }
    }
}
