package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Repository;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libnbd starts the daemon as systemd does: it binds a socket, and passes it as descriptor 3. */
class SocketActivationIT {

    private static final Path PROGRAM = Repository.ROOT.resolve("daemon/bin/varve");

    @TempDir
    Path directory;

    private Tool.Outcome nbdsh(Varve varve, String statement) {
        return Tool.of("nbdsh",
                        "-c", "h.set_export_name('disk@nbdsh')",
                        "-c", "h.connect_systemd_socket_activation(['" + PROGRAM + "', 'serve'])",
                        "-c", statement)
                .with("VARVE_STORE", varve.store()).run();
    }

    @Test
    void shouldServeOnTheSocketThatItIsGiven() {
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", RawImages.mixed(directory.resolve("disk.raw"), 4 * RawImages.MIB, 86), "disk");

        Tool.Outcome first = nbdsh(varve, "h.pwrite(b'kept' * 128, 4096); h.flush(); print(h.get_size())").orFail();
        assertThat(first.out().lines()).contains(String.valueOf(4 * RawImages.MIB));

        // The first daemon got its SIGTERM when its client left; the next one waits for no socket of its own.
        Tool.Outcome second = nbdsh(varve, "print(h.pread(8, 4096))").orFail();
        assertThat(second.out()).contains("keptkept");
    }

    @Test
    void shouldSayWhatADescriptorIsInstead() {
        Varve varve = new Varve(directory.resolve("store"));
        Tool.Outcome outcome = Tool.of("bash", "-c",
                "LISTEN_FDS=1 LISTEN_PID=$$ exec " + PROGRAM + " serve 3< /dev/null")
                .with("VARVE_STORE", varve.store()).run();
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("cannot listen on inherited descriptor 3: it is no socket");
    }
}
