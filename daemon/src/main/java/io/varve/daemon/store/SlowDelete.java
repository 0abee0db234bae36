package io.varve.daemon.store;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes the directory of an overlay in the background, its large files piece by piece, so that others have their
 * turn between two pieces. Whatever stops it, the daemon that starts next does the rest.
 *
 * <p>Owned by the background task that runs.
 */
final class SlowDelete implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SlowDelete.class);
    /** Bytes that one step cuts off. */
    private static final long STEP_LENGTH = 1L << 30;

    private final FileSpace space;
    private final Path directory;
    private final Executor background;

    /** @param directory nobody knows it any more */
    SlowDelete(FileSpace space, Path directory, Executor background) {
        this.space = space;
        this.directory = directory;
        this.background = background;
    }

    void start() {
        try {
            background.execute(this);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is deleted by the daemon that starts next", directory, e);
        }
    }

    @Override
    public void run() {
        try {
            for (Path file : space.list(directory)) {
                if (space.size(file) > STEP_LENGTH) {
                    shorten(file);
                    start();
                    return;
                }
            }
            Trees.delete(space, directory);
        } catch (NoSuchFileException e) {
            LOG.debug("{} was deleted by somebody else", directory, e);
        } catch (IOException e) {
            LOG.warn("{} is no longer needed, but still there", directory, e);
        }
    }

    private void shorten(Path file) throws IOException {
        try (BlockFile open = space.open(file, FileSpace.OpenMode.READ_WRITE)) {
            open.truncate(open.size() - STEP_LENGTH);
        }
    }
}
