package io.varve.daemon.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;

/**
 * What a file was like: one that is written to changes its stamp, and so does a name that leads to another file. A
 * block device does not.
 *
 * <p>Immutable.
 *
 * @param path     absolute, as the file was named: symbolic links lead to what else is said here
 * @param size     bytes; 0 of a device
 * @param modified when it changed last; {@link Instant#EPOCH} of a device
 */
public record FileStamp(Path path, long size, Instant modified) {

    /** @throws NoSuchFileException if there is none */
    public static FileStamp of(Path file) throws IOException {
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
        return found.isRegularFile()
                ? new FileStamp(file.toAbsolutePath(), found.size(), found.lastModifiedTime().toInstant())
                : new FileStamp(file.toAbsolutePath(), 0, Instant.EPOCH);
    }

    /**
     * The opposite of {@link #toString}.
     *
     * @throws IllegalArgumentException                if it is no stamp
     * @throws java.time.format.DateTimeParseException if it has no time
     */
    public static FileStamp parse(String text) {
        String[] words = text.split(" ", 3);
        if (words.length < 3) {
            throw new IllegalArgumentException(text);
        }
        return new FileStamp(Path.of(words[2]), Long.parseLong(words[0]), Instant.parse(words[1]));
    }

    /** Whether it would say that it has been written to. */
    public boolean showsChanges() {
        return size > 0;
    }

    /** Whether the file is still there, and as it was; of a device, nobody can tell. */
    public boolean isCurrent() throws IOException {
        try {
            return of(path).equals(this);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return size + " " + modified + " " + path;
    }
}
