package io.varve.daemon.io;

import io.varve.shim.file.NativeFile;
import java.io.IOException;
import java.nio.file.Path;

/** What files cost. Thread-safe because it keeps nothing. */
public final class FileUsage {

    private FileUsage() {}

    /**
     * Bytes that the file takes on disk; holes take none.
     *
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    public static long allocatedLength(Path file) throws IOException {
        int fd = NativeFileSpace.openDescriptor(file, NativeFile.O_RDONLY);
        try {
            return NativeFile.allocatedLength(fd);
        } finally {
            NativeFile.close(fd);
        }
    }
}
