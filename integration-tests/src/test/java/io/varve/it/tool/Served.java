package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A store with one image, {@code disk}, and the daemon that serves it.
 *
 * <p>Owned by the test that made it, which closes it.
 */
public final class Served implements AutoCloseable {

    private final Varve varve;
    private final Path raw;
    private final Object[] options;
    private Daemon daemon;

    private Served(Varve varve, Path raw, Object... options) {
        this.varve = varve;
        this.raw = raw;
        this.options = options;
        varve.run("import", raw, "disk");
        this.daemon = varve.serve(options);
    }

    /**
     * Serves data, zeros and holes in turn.
     *
     * @param directory for the image and the store
     * @param options   of {@code varve serve}
     */
    public static Served mixed(Path directory, long size, long seed, Object... options) {
        return image(directory, RawImages.mixed(directory.resolve("disk.raw"), size, seed), options);
    }

    /** Serves {@code raw} from a store below {@code directory}. */
    public static Served image(Path directory, Path raw, Object... options) {
        return new Served(new Varve(directory.resolve("store")), raw, options);
    }

    public Varve varve() {
        return varve;
    }

    public Daemon daemon() {
        return daemon;
    }

    /** What was imported. */
    public Path raw() {
        return raw;
    }

    public long size() {
        try {
            return Files.size(raw);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String uri(String export) {
        return daemon.uri(export);
    }

    /** Ends the daemon in order and starts another. */
    public void restart() {
        daemon.close();
        daemon = varve.serve(options);
    }

    /** Ends the daemon as {@code kill -9} does and starts another. */
    public void killAndRestart() {
        daemon.kill();
        restart();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
