package io.varve.daemon.serve.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something made from files, made again when one of them has changed. What cannot be made leaves the old in force, and
 * is logged once for each change.
 *
 * <p>Thread-safe because a lock covers what changes.
 *
 * @param <T> immutable
 */
final class Reloaded<T> {

    private static final Logger LOG = LoggerFactory.getLogger(Reloaded.class);

    /** Reads the files. */
    @FunctionalInterface
    interface Loader<T> {
        /** @throws IOException with one line for a person */
        T load() throws IOException;
    }

    private final List<Path> files;
    private final Loader<T> loader;
    private List<String> stamps;
    private T value;

    Reloaded(List<Path> files, Loader<T> loader) throws IOException {
        this.files = List.copyOf(files);
        this.loader = loader;
        this.stamps = stamps();
        this.value = loader.load();
    }

    synchronized T get() {
        List<String> now = stamps();
        if (!now.equals(stamps)) {
            // Before the files are read: what changes while they are read is noticed next time.
            stamps = now;
            try {
                value = loader.load();
                LOG.info("{} changed: new connections use the new files", files.get(0).getParent());
            } catch (IOException e) {
                LOG.error("what was loaded before stays in force for TLS: {}", e.getMessage());
            }
        }
        return value;
    }

    private List<String> stamps() {
        List<String> now = new ArrayList<>();
        for (Path file : files) {
            now.add(stamp(file));
        }
        return now;
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.fileKey() + " " + attributes.lastModifiedTime() + " " + attributes.size();
        } catch (IOException e) {
            return "";
        }
    }
}
