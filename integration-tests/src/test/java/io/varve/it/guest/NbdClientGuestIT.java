package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's own NBD client: a guest attaches an export over TCP, mounts it, and uses it as a file system. */
class NbdClientGuestIT {

    @TempDir
    Path directory;

    @Test
    void shouldMountReadAndWriteOverSeveralConnections() throws IOException {
        Path raw = RawImages.ext4(directory.resolve("data.ext4"), 64 * RawImages.MIB, "greeting", "sediment\n");
        int port = freePort();
        try (Served served = Served.image(directory, raw, "--listen", "tcp://127.0.0.1:" + port)) {
            assertThat(use(port, "first")).contains("GUEST read sediment", "GUEST wrote first").doesNotContain("found");
            assertThat(use(port, "second")).contains("GUEST found first", "GUEST wrote second");

            assertThat(answerIn(served, "disk@kernel")).isEqualTo("second\n");
            assertThat(answerIn(served, "disk@other")).isEmpty();
        }
    }

    /** Runs a guest to its end, and returns what it printed. */
    private String use(int port, String word) {
        String kernelCommandLine =
                "varve.port=" + port + " varve.export=disk@kernel varve.connections=3 varve.say=" + word;
        try (Guest guest = Guest.boot(
                directory.resolve("console-" + word), GuestFiles.nbdInitrd(), kernelCommandLine,
                "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=")) {
            guest.awaits("GUEST attached " + 64 * RawImages.MIB + " bytes");
            guest.awaits("GUEST done");
            guest.awaitsPowerOff();
            return guest.console();
        }
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
