package io.varve.daemon.transfer.qemu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * What another process has open: what it can read, whatever it was told.
 *
 * <p>Immutable.
 *
 * @param files       and block devices, symbolic links resolved
 * @param keys        what the file system knows each of them by
 * @param socketCount sockets of all kinds
 */
record OpenFiles(List<Path> files, List<String> keys, int socketCount) {

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_DIRECTORY = 0040000;
    private static final int TYPE_BLOCK_DEVICE = 0060000;
    private static final int TYPE_SOCKET = 0140000;

    OpenFiles {
        files = List.copyOf(files);
        keys = List.copyOf(keys);
    }

    /** @throws IOException if the process has ended, or belongs to somebody else */
    static OpenFiles of(long processId) throws IOException {
        List<Path> files = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        int socketCount = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + processId + "/fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    switch ((int) Files.getAttribute(descriptor, "unix:mode") & TYPE_MASK) {
                        case TYPE_REGULAR, TYPE_DIRECTORY, TYPE_BLOCK_DEVICE -> {
                            keys.add(key(descriptor));
                            files.add(Files.readSymbolicLink(descriptor));
                        }
                        case TYPE_SOCKET -> socketCount++;
                        default -> { }
                    }
                } catch (NoSuchFileException e) {
                    // Closed meanwhile.
                }
            }
        }
        return new OpenFiles(files, keys, socketCount);
    }

    /** What the file system knows a file by, whatever its name. */
    static String key(Path file) throws IOException {
        return String.valueOf(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    }
}
