package io.varve.it.remote;

import io.varve.it.tool.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Somebody else's NBD server on a unix socket.
 *
 * <p>Owned by the test that starts it.
 */
final class NbdServerProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path socket;
    private final Path log;
    private final Process process;

    private NbdServerProcess(Path socket, List<String> command) throws IOException {
        this.socket = socket;
        this.log = Path.of(socket + ".log");
        Files.deleteIfExists(socket);
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        // Not by connecting: a server for one client would have had its client.
        Await.until("the socket of " + command, PATIENCE, () -> Files.exists(socket), this::said);
    }

    /** @param arguments filters, plugin and parameters */
    static NbdServerProcess nbdkit(Path socket, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("nbdkit", "-f", "-U", socket.toString()));
        command.addAll(List.of(arguments));
        NbdServerProcess server = new NbdServerProcess(socket, command);
        Await.until("an answer of " + command, PATIENCE, server::answers, server::said);
        return server;
    }

    /** For one client at a time, which is its default. */
    static NbdServerProcess qemu(Path socket, Path raw) throws IOException {
        return new NbdServerProcess(
                socket, List.of("qemu-nbd", "-t", "-r", "-f", "raw", "-k", socket.toString(), raw.toString()));
    }

    String uri() {
        return "nbd+unix:///?socket=" + socket;
    }

    private boolean answers() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
