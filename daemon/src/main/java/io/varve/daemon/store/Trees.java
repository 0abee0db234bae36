package io.varve.daemon.store;

import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;

/** Directories as a whole. Immutable. */
final class Trees {

    private Trees() {}

    /** Bytes of a file, or of the files directly in a directory; holes count. */
    static long length(FileSpace space, Path root) throws IOException {
        if (!space.isDirectory(root)) {
            return space.size(root);
        }
        long length = 0;
        for (Path file : space.list(root)) {
            length += space.isDirectory(file) ? 0 : space.size(file);
        }
        return length;
    }

    /**
     * Missing is fine, also when somebody else deletes the same tree. Never follows a symbolic link: what cannot be
     * deleted as a file is a directory.
     */
    static void delete(FileSpace space, Path root) throws IOException {
        try {
            space.delete(root);
        } catch (DirectoryNotEmptyException e) {
            for (Path file : space.list(root)) {
                delete(space, file);
            }
            space.delete(root);
        }
    }
}
