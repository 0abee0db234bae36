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

    /** Both of its sockets lead to one disk, and it leaves the file of the unix socket to whoever made it. */
    @Test
    void shouldServeOnTwoSockets() {
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", RawImages.mixed(directory.resolve("disk.raw"), 4 * RawImages.MIB, 87), "disk");
        Tool.of("nbdsh", "-c", """
                import fcntl, os, signal, socket
                path = '%s'
                tcp = socket.create_server(('127.0.0.1', 0))
                unix = socket.socket(socket.AF_UNIX)
                unix.bind(path)
                unix.listen()
                daemon = os.fork()
                if daemon == 0:
                    apart = [fcntl.fcntl(s, fcntl.F_DUPFD, 20) for s in (tcp, unix)]
                    for i, fd in enumerate(apart):
                        os.dup2(fd, 3 + i)
                    os.environ.update(LISTEN_FDS='2', LISTEN_PID=str(os.getpid()))
                    os.execv('%s', ['varve', 'serve'])
                other = nbd.NBD()
                for one in (h, other):
                    one.set_export_name('disk@two')
                h.connect_tcp('127.0.0.1', str(tcp.getsockname()[1]))
                other.connect_unix(path)
                h.pwrite(b'both' * 128, 4096)
                assert other.pread(8, 4096) == b'bothboth'
                os.kill(daemon, signal.SIGTERM)
                ended = os.waitpid(daemon, 0)
                assert ended == (daemon, 0), ended
                assert os.path.exists(path)
                """.formatted(directory.resolve("two.sock"), PROGRAM))
                .with("VARVE_STORE", varve.store()).run().orFail();
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
