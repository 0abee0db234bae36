package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The command line of the product, over one store.
 *
 * <p>Immutable.
 */
public final class Varve {

    private static final String PROGRAM = Repository.ROOT.resolve("daemon/bin/varve").toString();

    private final Path store;

    public Varve(Path store) {
        this.store = store;
    }

    public Path store() {
        return store;
    }

    /** Runs a command to its end, however that is. */
    public Tool.Outcome tries(Object... arguments) {
        return Tool.of(command(arguments).toArray()).with("VARVE_STORE", store).run();
    }

    /** Runs a command that has to succeed. */
    public Tool.Outcome run(Object... arguments) {
        return tries(arguments).orFail();
    }

    /** Serves every image on a Unix socket of its own, with more options of {@code serve}. */
    public Daemon serve(Object... options) {
        Path socket = newSocket();
        List<Object> arguments = new ArrayList<>(List.of("serve", "--listen", "unix://" + socket));
        arguments.addAll(List.of(options));
        return Daemon.start(command(arguments.toArray()), Map.of("VARVE_STORE", store.toString()), socket);
    }

    /** Serves every image, with an option of the JVM. */
    public Daemon serveInJvm(String option) {
        Path socket = newSocket();
        return Daemon.start(command("serve", "--listen", "unix://" + socket),
                Map.of("VARVE_STORE", store.toString(), "VARVE_JAVA_OPTS", option), socket);
    }

    /**
     * Serves what a file says; one of its listeners is {@code unix://SOCKET}.
     *
     * @param socket of {@link #newSocket}
     */
    public Daemon serveConfig(Path config, Path socket) {
        return Daemon.start(
                command("serve", "--config", config), Map.of("VARVE_STORE", store.toString()), socket);
    }

    /** In the system's directory for temporary files, because the path of a socket has at most 107 bytes. */
    public static Path newSocket() {
        try {
            return Files.createTempDirectory("varve").resolve("nbd.sock");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> command(Object... arguments) {
        return Stream.concat(Stream.of(PROGRAM), Stream.of(arguments).map(Object::toString)).toList();
    }
}
