package io.varve.daemon.remote;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.agrona.MutableDirectBuffer;

/**
 * A manifest that somebody offers, in a file or on a web server.
 *
 * <p>Owned by the thread that reads it.
 */
public final class ManifestSource implements Closeable {

    private final String name;
    private final long length;
    private final Bytes bytes;
    private final AutoCloseable open;

    /** Reads all of a range. */
    @FunctionalInterface
    private interface Bytes {
        void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException;
    }

    private ManifestSource(String name, long length, Bytes bytes, AutoCloseable open) {
        this.name = name;
        this.length = length;
        this.bytes = bytes;
        this.open = open;
    }

    /**
     * @param location path of a file, {@code http://} or {@code https://} address
     * @throws IOException if there is nothing to be read; it says where
     */
    public static ManifestSource open(FileSpace space, String location) throws IOException {
        String lower = location.toLowerCase(Locale.ROOT);
        if (lower.startsWith("http://") || lower.startsWith("https://")) {
            Origin origin = RemoteDisk.open(location);
            return new ManifestSource(origin.name(), origin.identity().size(),
                    (position, destination, index, length) ->
                            origin.read(position, destination, index, length, Urgency.AHEAD), origin);
        }
        try {
            BlockFile file = space.open(Path.of(location), FileSpace.OpenMode.READ);
            return new ManifestSource(location, file.size(), file::read, file);
        } catch (NoSuchFileException | InvalidPathException e) {
            throw new OriginException(Kind.REFUSED, "there is no manifest " + location
                    + ": 'varve export IMAGE FILE --format raw --manifest FILE' writes one", e);
        }
    }

    String name() {
        return name;
    }

    /** Bytes. */
    long length() {
        return length;
    }

    /** @param length bytes, at most {@link Origin#MAX_READ_LENGTH} */
    void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        bytes.read(position, destination, index, length);
    }

    @Override
    public void close() throws IOException {
        try {
            open.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(name + ": cannot be closed", e);
        }
    }
}
