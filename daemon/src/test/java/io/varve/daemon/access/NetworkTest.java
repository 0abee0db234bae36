package io.varve.daemon.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.7, 10.0.0.7, true",
        "10.0.0.7, 10.0.0.8, false",
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.6.0/23, 10.0.7.255, true",
        "10.0.6.0/23, 10.0.8.0, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 10.0.0.7, false",
        "fd00::/8, fdff::1, true",
        "fd00::/8, fe00::1, false",
        "fe80::/10, fe80::1%eth0, true",
        "::1, 0:0:0:0:0:0:0:1, true",
        "10.0.0.7, ::ffff:10.0.0.7, true",
        "::ffff:10.0.0.7, 10.0.0.7, true",
        "10.0.0.0/8, '', false",
        "0.0.0.0/0, localhost, false",
        "0.0.0.0/0, 10.1, false",
        "0.0.0.0/0, 256.0.0.1, false",
    })
    void shouldContainAddresses(String network, String address, boolean contained) {
        assertThat(Network.parse(network).contains(address)).isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "/", "localhost", "10.1", "10.0.0.256", "10.0.0.1/33", "::/129", "10.0.0.1/8", "fd00::1/8", "10.0.0.0/-1",
        "10.0.0.0/", "[::1]", "1:2", "::1%lo", "10.0.0.0/8/8", "1.2.3.4:10809"})
    void shouldRefuseWhatIsNoNetwork(String text) {
        assertThatThrownBy(() -> Network.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
