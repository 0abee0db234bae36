package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;

/**
 * An empty file that says that an overlay has failed since it was opened last.
 *
 * <p>Design note: after a failed sync the page cache goes on showing what never reached the disk, as clean, to whoever
 * opens the file next. So who opens an overlay with this mark first drops what is clean from memory, and believes only
 * what then comes from the disk. The mark is written when things go wrong already and may fail to be written; a crash
 * of the whole machine needs none, because it empties the memory itself.
 *
 * <p>Thread-safe because it has no state but two constants.
 */
final class FailureMark {

    static final String NAME = "failed";

    private final FileSpace files;
    private final Path directory;

    FailureMark(FileSpace files, Path directory) {
        this.files = files;
        this.directory = directory;
    }

    boolean isSet() {
        return files.exists(directory.resolve(NAME));
    }

    /** If the mark cannot be set, {@code why} carries the reason as suppressed. */
    void set(Exception why) {
        try {
            files.open(directory.resolve(NAME), OpenMode.CREATE_NEW).close();
            files.syncDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            return;
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** Brings the memory in line with the disk, for all files of the overlay. */
    void dropCached() throws IOException {
        for (Path path : files.list(directory)) {
            if (!path.endsWith(NAME)) {
                try (BlockFile file = files.open(path, OpenMode.READ_WRITE)) {
                    file.sync();
                    file.advise(BlockFile.Advice.DONT_NEED, 0, file.size());
                }
            }
        }
    }

    /** All that was believed is durable now. */
    void clear() throws IOException {
        files.delete(directory.resolve(NAME));
        files.syncDirectory(directory);
    }
}
