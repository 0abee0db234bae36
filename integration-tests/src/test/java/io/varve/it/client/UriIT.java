package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tls.Authority;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each tool of libnbd by each kind of address: TCP and unix sockets, plain and with client certificates. */
class UriIT {

    private static final long SIZE = 8 * RawImages.MIB + 512;

    @TempDir
    static Path directory;

    private static Served served;
    private static Path other;
    private static Path alice;
    private static int port;

    enum Scheme {
        NBD("nbd://127.0.0.1:%2$d/%1$s"),
        NBDS("nbds://localhost:%2$d/%1$s?tls-certificates=%4$s"),
        NBD_UNIX("nbd+unix:///%1$s?socket=%3$s"),
        NBDS_UNIX("nbds+unix://localhost/%1$s?socket=%3$s&tls-certificates=%4$s");

        private final String format;

        Scheme(String format) {
            this.format = format;
        }

        /** Each scheme has a client of its own. */
        String uri() {
            return String.format(format, "disk@" + name(), port, served.daemon().socket(), alice);
        }

        boolean isSecure() {
            return this == NBDS || this == NBDS_UNIX;
        }
    }

    @BeforeAll
    static void serve() throws IOException {
        Authority authority = new Authority(directory.resolve("authority"));
        alice = authority.client("alice");
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        served = Served.mixed(directory, SIZE, 61, "--listen", "tcp://127.0.0.1:" + port, "--tls", "on",
                "--tls-verify-peer", "--tls-certificates", authority.server("server"));
        other = RawImages.mixed(directory.resolve("other.raw"), SIZE, 62);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @ParameterizedTest
    @EnumSource
    void shouldServeEveryToolOfLibnbd(Scheme scheme) throws IOException {
        String uri = scheme.uri();
        Json info = Tool.run("nbdinfo", "--json", uri).json();
        assertThat(info.flag("TLS")).isEqualTo(scheme.isSecure());
        assertThat(info.number("exports", 0, "export-size")).isEqualTo(SIZE);

        Path copy = directory.resolve(scheme + ".raw");
        Tool.run("nbdcopy", uri, copy);
        assertThat(Files.mismatch(served.raw(), copy)).isEqualTo(-1);
        Tool.run("nbdcopy", "--flush", other, uri);
        Tool.run("nbdcopy", uri, copy);
        assertThat(Files.mismatch(other, copy)).isEqualTo(-1);

        Tool.run("nbdsh", "-c", "h.set_uri_allow_local_file(True)", "-c", "h.connect_uri('" + uri + "')",
                "-c", "assert h.get_tls_negotiated() == " + (scheme.isSecure() ? "True" : "False"),
                "-c", "h.pwrite(b'sediment of ages' * 256, 4096)", "-c", "h.flush()",
                "-c", "assert h.pread(16, 4096 + 16) == b'sediment of ages'", "-c", "h.shutdown()");

        assertThat(Tool.run("nbddump", "--length=8192", uri).out())
                .contains("0000001000: 73 65 64 69 6d 65 6e 74  20 6f 66 20 61 67 65 73 |sediment of ages|");
    }
}
