package io.varve.daemon.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * Which file it is, and whether it is still as it was: a file that is written to changes its stamp. A block device does
 * not.
 *
 * <p>Immutable.
 *
 * @param path     with symbolic links resolved
 * @param key      of the file system, the same for all names of one file
 * @param regular  whether it is a file, and not a device
 * @param size     bytes; 0 of a device
 * @param modified when it changed last
 */
public record FileStamp(Path path, String key, boolean regular, long size, FileTime modified) {

    /** @throws java.nio.file.NoSuchFileException if there is none */
    public static FileStamp of(Path file) throws IOException {
        Path real = file.toRealPath();
        BasicFileAttributes found = Files.readAttributes(real, BasicFileAttributes.class);
        boolean regular = found.isRegularFile();
        return new FileStamp(real, String.valueOf(found.fileKey()), regular, regular ? found.size() : 0,
                found.lastModifiedTime());
    }

    /** Whether the file is still there, and as it was; of a device, nobody can tell. */
    public boolean isCurrent() {
        try {
            return !regular || of(path).equals(this);
        } catch (IOException e) {
            return false;
        }
    }
}
