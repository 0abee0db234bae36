package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a daemon that was killed has left behind: overlays that were not kept, and files that nobody writes any more.
 *
 * <p>Owned by the thread that deletes them.
 */
final class Leftovers implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    /** Of what {@code transfer} and {@link ChainCopy} keep in {@code tmp} for a second run. */
    private static final List<String> RESUMABLE_PREFIXES = List.of("import-", ChainCopy.PREFIX);
    private static final int RESUMABLE_DAYS = 7;

    private final FileSpace space;
    private final StoreLayout layout;
    private final StoreLocks locks;
    private final List<Path> abandonedOverlays;

    /** Looks what is there; the next daemon has made nothing yet. */
    Leftovers(FileSpace space, StoreLayout layout, StoreLocks locks) throws IOException {
        this.space = space;
        this.layout = layout;
        this.locks = locks;
        this.abandonedOverlays = space.list(layout.ephemeral());
    }

    /** Whether a file in {@code tmp} may be of use to a second run of what was cut short. */
    static boolean isResumable(Path file) {
        return RESUMABLE_PREFIXES.stream().anyMatch(file.getFileName().toString()::startsWith);
    }

    @Override
    public void run() {
        try {
            for (Path directory : abandonedOverlays) {
                Trees.delete(space, directory);
            }
            clearTemporary();
        } catch (IOException e) {
            LOG.warn("what an earlier daemon left behind is still there", e);
        }
    }

    private void clearTemporary() throws IOException {
        try (FileLocks.Lock nobodyWrites = locks.deleter()) {
            if (nobodyWrites != null) {
                for (Path file : space.list(layout.temporary())) {
                    if (!mayGoOn(file)) {
                        Trees.delete(space, file);
                    }
                }
            }
        }
    }

    /** An import that was cut short goes on when it is repeated; after some days nobody will. */
    private boolean mayGoOn(Path file) throws IOException {
        Instant touched = space.modified(file);
        return isResumable(file) && touched.isAfter(Instant.now().minus(RESUMABLE_DAYS, ChronoUnit.DAYS));
    }
}
