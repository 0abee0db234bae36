package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.remote.OriginException.Kind;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses as other NBD programs write them. */
class NbdAddressTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "nbd://10.0.0.1; 10.0.0.1; 10809; ''; nbd://10.0.0.1:10809/",
        "nbd://10.0.0.1/; 10.0.0.1; 10809; ''; nbd://10.0.0.1:10809/",
        "nbd://10.0.0.1:1/a/b%20c; 10.0.0.1; 1; a/b c; nbd://10.0.0.1:1/a/b c",
        "nbd://me:secret@[::1]:7//x; ::1; 7; /x; nbd://[::1]:7//x"
    })
    void shouldFindServerAndExport(String text, String host, int port, String export, String name) throws Exception {
        NbdAddress address = NbdAddress.parse(text);
        assertThat(address).isEqualTo(new NbdAddress(name, "", host, port, export));
        assertThat(address.resolve()).isEqualTo(new InetSocketAddress(host, port));
    }

    @Test
    void shouldFindASocket() throws Exception {
        NbdAddress address = NbdAddress.parse("nbd+unix:///disk?x=y&socket=/run/a%20b.sock");
        assertThat(address.export()).isEqualTo("disk");
        assertThat(address.resolve()).isEqualTo(UnixDomainSocketAddress.of("/run/a b.sock"));
        assertThat(NbdAddress.parse("nbd+unix://?socket=/s").export()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "http://host/x; is no nbd:// or nbd+unix:// address", "host; is no nbd:// or nbd+unix:// address",
        "nbds://me:secret@host/x; asks for TLS, which origins do not have", "nbd:///x; names no server",
        "nbd+unix:///x; names no socket: add ?socket=PATH", "nbd+unix:///x?socket=; names no socket: add ?socket=PATH",
        "nbd://me:secret@ho st; is no address: Illegal character in authority"
    })
    void shouldRefuseWhatIsNoAddress(String text, String why) {
        OriginException failure = catchThrowableOfType(OriginException.class, () -> NbdAddress.parse(text));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.getMessage()).endsWith(why).doesNotContain("secret");
    }
}
