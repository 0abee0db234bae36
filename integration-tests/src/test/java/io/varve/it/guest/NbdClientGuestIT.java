package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tls.Authority;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel's own NBD client: a guest attaches an export over TCP with four connections, mounts it, and uses it as a
 * file system. The same guest has a disk that its emulator gets over TLS.
 */
class NbdClientGuestIT {

    private static final int CONNECTION_COUNT = 4;

    @TempDir
    Path directory;

    private Path alice;
    private int port;

    @Test
    void shouldMountReadAndWriteOverFourConnectionsAndOverTls() throws IOException {
        Path raw = RawImages.ext4(directory.resolve("data.ext4"), 64 * RawImages.MIB, "greeting", "sediment\n");
        Authority authority = new Authority(directory.resolve("authority"));
        alice = authority.client("alice");
        port = freePort();
        try (Served served = Served.image(directory, raw, "--listen", "tcp://127.0.0.1:" + port,
                "--tls", "on", "--tls-verify-peer", "--tls-certificates", authority.server("server"))) {
            assertThat(use(served, "first"))
                    .contains("GUEST nbd read sediment", "GUEST nbd wrote first")
                    .contains("GUEST virtio read sediment", "GUEST virtio wrote first")
                    .doesNotContain("found");
            assertThat(use(served, "second"))
                    .contains("GUEST nbd found first", "GUEST nbd wrote second")
                    .contains("GUEST virtio found first", "GUEST virtio wrote second");

            assertThat(answerIn(served, "disk@kernel")).isEqualTo("second\n");
            assertThat(answerIn(served, "disk@tls")).isEqualTo("second\n");
            assertThat(answerIn(served, "disk@other")).isEmpty();
        }
    }

    /** Runs a guest to its end, and returns what it printed. */
    private String use(Served served, String word) {
        String kernelCommandLine = "varve.port=" + port + " varve.export=disk@kernel varve.connections="
                + CONNECTION_COUNT + " varve.say=" + word;
        try (Guest guest = Guest.boot(
                directory.resolve("console-" + word), GuestFiles.nbdInitrd(), kernelCommandLine,
                // The kernel uses no more connections than it has processors.
                "-smp", "" + CONNECTION_COUNT,
                "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
                "-object", "tls-creds-x509,id=secret,endpoint=client,dir=" + alice,
                "-blockdev", "driver=nbd,node-name=disk,server.type=inet,server.host=127.0.0.1,server.port=" + port
                        + ",tls-creds=secret,export=disk@tls,cache.direct=on,discard=unmap",
                "-device", "virtio-blk-pci,drive=disk")) {
            guest.awaits("GUEST attached " + 64 * RawImages.MIB + " bytes");
            guest.awaits("GUEST has used everything");
            requireRequestsOnEveryConnection(served);
            guest.types("");
            guest.awaits("GUEST done");
            guest.awaitsPowerOff();
            return guest.console();
        }
    }

    private static void requireRequestsOnEveryConnection(Served served) {
        List<Json> connections = served.varve().run("status", "--json").json().at("connections").all();
        assertThat(connections).extracting(connection -> connection.text("export"))
                .filteredOn(name -> name.contains("@kernel")).hasSize(CONNECTION_COUNT);
        assertThat(connections).extracting(connection -> connection.text("export"))
                .filteredOn(name -> name.contains("@tls")).hasSize(1);
        assertThat(connections).as("%s", connections)
                .allSatisfy(connection -> assertThat(connection.number("requests")).isPositive());
    }

    private String answerIn(Served served, String export) {
        Path copy = directory.resolve("copy.ext4");
        Tool.run("nbdcopy", served.uri(export), copy);
        Tool.run("e2fsck", "-f", "-n", copy);
        return Tool.run("debugfs", "-R", "cat /answer", copy).out();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
