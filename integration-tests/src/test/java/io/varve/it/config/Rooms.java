package io.varve.it.config;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.it.tls.Authority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A store of small images, and a configuration file beside it.
 *
 * <p>Owned by the test that made it.
 */
final class Rooms {

    static final long SIZE = 4 * RawImages.MIB;

    private final Path directory;
    private final Varve varve;

    Rooms(Path directory, String... images) {
        this.directory = directory;
        this.varve = new Varve(directory.resolve("store"));
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 77);
        List.of(images).forEach(image -> varve.run("import", raw, image));
    }

    Varve varve() {
        return varve;
    }

    Path file() {
        return directory.resolve("varve.toml");
    }

    void write(String text) {
        Authority.write(file(), text);
    }

    /** With what is in the file, and a unix socket before it. */
    Daemon serve(Path socket, String text) {
        write(listener(socket) + text);
        return varve.serveConfig(file(), socket);
    }

    static String listener(Path socket) {
        return "[[listener]]\nuri = \"unix://" + socket + "\"\n";
    }

    static String listener(int port) {
        return "[[listener]]\nuri = \"tcp://127.0.0.1:" + port + "\"\n";
    }

    /** A file that only its owner may read. */
    static Path secret(Path file, String text) {
        Authority.write(file, text);
        try {
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a client is shown. */
    static List<String> names(String uri) {
        return Tool.run("nbdinfo", "--list", uri).out().lines()
                .filter(line -> line.startsWith("export=\""))
                .map(line -> line.substring("export=\"".length(), line.lastIndexOf('"')))
                .toList();
    }

    static boolean serves(String uri) {
        return Tool.of("nbdinfo", "--size", uri).run().exitCode() == 0;
    }
}
