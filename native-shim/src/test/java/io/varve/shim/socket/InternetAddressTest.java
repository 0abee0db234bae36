package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.shim.MemoryView;
import io.varve.shim.libc.SocketCalls;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class InternetAddressTest {

    @Test
    void shouldLayOutIpv4() throws Exception {
        InternetAddress address = new InternetAddress(InetAddress.getByName("127.0.0.1"), 10809);
        ByteBuffer bytes = MemoryView.over(address.address(), address.size());

        assertThat(address.size()).isEqualTo(16);
        assertThat(address.family()).isEqualTo(SocketCalls.AF_INET);
        assertThat(bytes.getShort(2)).isEqualTo((short) 10809);
        assertThat(bytes.getInt(4)).isEqualTo(0x7F000001);
        assertThat(address).hasToString("127.0.0.1:10809");
    }

    @Test
    void shouldLayOutIpv6() throws Exception {
        InternetAddress address = new InternetAddress(InetAddress.getByName("fd00::12"), 65535);
        ByteBuffer bytes = MemoryView.over(address.address(), address.size());

        assertThat(address.size()).isEqualTo(28);
        assertThat(address.family()).isEqualTo(SocketCalls.AF_INET6);
        assertThat(address.port()).isEqualTo(65535);
        assertThat(bytes.get(8)).isEqualTo((byte) 0xFD);
        assertThat(bytes.get(23)).isEqualTo((byte) 0x12);
        assertThat(address).hasToString("[fd00:0:0:0:0:0:0:12]:65535");
    }
}
