package io.varve.it.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients with certificates, good and bad, against a server that demands them. */
class CertificatesIT {

    private static final long SIZE = 20 * RawImages.MIB + 3 * 512;
    private static final byte[] START_TLS =
            {0, 0, 0, 3, 'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 5, 0, 0, 0, 0};

    @TempDir
    static Path directory;

    private static Authority authority;
    private static Authority foreign;
    private static Path alice;
    private static int port;
    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        authority = new Authority(directory.resolve("authority"));
        foreign = new Authority(directory.resolve("foreign"));
        alice = authority.client("alice");
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        served = Served.mixed(directory, SIZE, 41, "--listen", "tcp://127.0.0.1:" + port, "--tls", "require",
                "--tls-verify-peer", "--tls-certificates", authority.server("server"));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @Test
    void shouldTellLibnbdThatItIsSecure() {
        assertThat(Tool.run("nbdinfo", overUnix("disk", alice)).out())
                .contains("protocol: newstyle-fixed with TLS").contains("export-size: " + SIZE);
        assertThat(Tool.run("nbdinfo", "--size", overTcp("disk", alice)).out().trim()).isEqualTo("" + SIZE);
    }

    @Test
    void shouldGiveBackTheImportedFileByteForByte() throws IOException {
        for (String uri : new String[] {overUnix("disk@reader", alice), overTcp("disk@reader", alice)}) {
            Path copy = directory.resolve("out.raw");
            Tool.run("nbdcopy", uri, copy);
            assertThat(Files.mismatch(served.raw(), copy)).isEqualTo(-1);
            Files.delete(copy);
        }
    }

    @Test
    void shouldTakeAWholeDiskAndKeepItOverARestart() throws IOException {
        Path other = RawImages.mixed(directory.resolve("other.raw"), SIZE, 42);
        Path copy = directory.resolve("other-out.raw");

        Tool.run("nbdcopy", "--flush", other, overUnix("disk@writer", alice));
        served.killAndRestart();
        Tool.run("nbdcopy", overTcp("disk@writer", alice), copy);

        assertThat(Files.mismatch(other, copy)).isEqualTo(-1);
    }

    @Test
    void shouldServeQemu() {
        Object[] secret = {"--object", "tls-creds-x509,id=t,endpoint=client,dir=" + alice, "--image-opts"};
        String image = "driver=nbd,server.type=inet,server.host=localhost,server.port=" + port + ",tls-creds=t,export=";
        assertThat(Tool.run("qemu-img", "info", secret[0], secret[1], secret[2], image + "disk").out())
                .contains("(" + SIZE + " bytes)");
        Tool.run("qemu-io", secret[0], secret[1], secret[2], image + "disk@qemu", "-c", "write -P 7 1M 3M",
                "-c", "flush", "-c", "read -P 7 1M 3M", "-c", "write -z 2M 64k", "-c", "read -P 0 2M 64k");
        assertThat(Tool.run("qemu-io", secret[0], secret[1], secret[2], image + "disk@qemu", "-c", "read -P 7 1M 1M")
                .out()).doesNotContain("Pattern verification failed");

        Path other = RawImages.mixed(directory.resolve("qemu.raw"), SIZE, 43);
        String file = "driver=file,filename=" + other;
        Tool.run("qemu-img", "convert", secret[0], secret[1], secret[2], "-n", "--target-image-opts", "-W", "-m", "16",
                file, image + "disk@converted");
        assertThat(Tool.run("qemu-img", "compare", secret[0], secret[1], secret[2], file, image + "disk@converted")
                .out()).contains("Images are identical");
    }

    @Test
    void shouldServeRequestsOfEverySizeInAnyOrder() {
        String script = String.join("\n",
                "import nbd, random",
                "h = nbd.NBD()",
                "h.set_uri_allow_local_file(True)",
                "h.connect_uri('" + overUnix("disk@sizes", alice) + "')",
                "rnd = random.Random(7)",
                "model = bytearray(h.pread(8 << 20, 0))",
                "for i in range(300):",
                "    n = rnd.choice([1, 17, 512, 4096, 16384, 16385, 65536, 300000, 1 << 20])",
                "    o = rnd.randrange(0, len(model) - n)",
                "    if rnd.random() < 0.5:",
                "        data = rnd.randbytes(n)",
                "        h.pwrite(data, o)",
                "        model[o:o + n] = data",
                "    assert h.pread(n, o) == model[o:o + n], (i, o, n)",
                "pending = [h.aio_pwrite(nbd.Buffer.from_bytearray(bytes([i]) * 100003), i * 100003)",
                "           for i in range(60)]",
                "while h.aio_in_flight():",
                "    h.poll(-1)",
                "for i in range(60):",
                "    assert h.pread(100003, i * 100003) == bytes([i]) * 100003, i",
                "h.flush()",
                "h.shutdown()");
        Tool.run("nbdsh", "-c", script);
    }

    @Test
    void shouldRefuseAClientWithoutCertificate() throws IOException {
        Path bare = Files.createDirectories(directory.resolve("bare"));
        Authority.copy(alice.resolve("ca-cert.pem"), bare.resolve("ca-cert.pem"));
        requireRefused(bare);
    }

    @Test
    void shouldRefuseAClientOfAnotherAuthority() {
        Path mallory = foreign.client("mallory");
        // He knows our authority's certificate, so that he is not the one who refuses.
        Authority.copy(alice.resolve("ca-cert.pem"), mallory.resolve("ca-cert.pem"));
        requireRefused(mallory);
    }

    @Test
    void shouldRefuseAnExpiredClient() {
        requireRefused(authority.expiredClient("yesterday"));
    }

    @Test
    void shouldServeOthersAfterOneTurnsToGarbage() throws IOException {
        Random random = new Random(5);
        for (int i = 0; i < 20; i++) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.getInputStream().readNBytes(18);
                socket.getOutputStream().write(START_TLS);
                assertThat(socket.getInputStream().readNBytes(20)).hasSize(20);
                byte[] garbage = new byte[1 + random.nextInt(3000)];
                random.nextBytes(garbage);
                // A record of the handshake, by its look, every other time.
                if (i % 2 == 0) {
                    System.arraycopy(new byte[] {22, 3, 1}, 0, garbage, 0, Math.min(3, garbage.length));
                }
                socket.getOutputStream().write(garbage);
            }
        }
        assertThat(Tool.run("nbdinfo", "--size", overTcp("disk", alice)).out().trim()).isEqualTo("" + SIZE);
    }

    @Test
    void shouldCloseOnPlainTextBehindStartTls() throws IOException {
        try (SocketChannel socket = served.daemon().openSocket()) {
            ByteBuffer both = ByteBuffer.allocate(2 * START_TLS.length - 4).put(START_TLS)
                    .put(new byte[] {'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 3, 0, 0, 0, 0}).flip();
            socket.write(both);
            ByteBuffer answer = ByteBuffer.allocate(1000);
            while (socket.read(answer) >= 0) {
                assertThat(answer.position()).as("greeting and one ACK at most").isLessThanOrEqualTo(38);
            }
        }
    }

    @Test
    void shouldServeNothingInPlainText() {
        // What nbdinfo makes of ERR_TLS_REQD.
        Tool.Outcome outcome = Tool.of("nbdinfo", served.uri("disk")).run();
        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.err()).contains("Operation not supported");
    }

    private static void requireRefused(Path client) {
        assertThat(Tool.of("nbdinfo", overTcp("disk", client)).run().exitCode()).isNotZero();
        assertThat(served.daemon().log()).contains("TLS failed");
        assertThat(Tool.run("nbdinfo", "--size", overTcp("disk", alice)).out().trim()).isEqualTo("" + SIZE);
    }

    private static String overUnix(String export, Path certificates) {
        return "nbds+unix://localhost/" + export + "?socket=" + served.daemon().socket() + "&tls-certificates="
                + certificates;
    }

    private static String overTcp(String export, Path certificates) {
        return "nbds://localhost:" + port + "/" + export + "?tls-certificates=" + certificates;
    }
}
