package io.varve.daemon.store;

import io.varve.daemon.io.FileSpace;
import io.varve.daemon.overlay.OverlayInUseException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.concurrent.Executor;

/**
 * Overlays that are kept until their client comes back. An empty file {@value #MARK} in the directory of such an
 * overlay says so; it is durable before the overlay exists.
 *
 * <p>Design note: an overlay without the mark was promised to be kept for good, so it is never dropped because a
 * daemon was started with another mode once; its client is refused until somebody decides. The other way round costs
 * nobody anything: the mark goes, and what was left to be dropped is kept.
 *
 * <p>Design note: what is dropped is moved to {@code tmp} in one step and deleted later, in the background, because
 * unlinking a large file can take a second, and a room full of clients comes back at the same minute. What is left in
 * {@code tmp} by a crash goes when the next daemon starts.
 *
 * <p>Thread-safe because it keeps nothing; who may change an overlay is decided by the lock on its meta file.
 */
final class BootReset {

    static final String MARK = "until-boot";

    private final FileSpace space;
    private final StoreLayout layout;
    private final OverlayCatalogue overlays;
    private final Executor background;

    /** @param background runs a task some time, or refuses it */
    BootReset(FileSpace space, StoreLayout layout, Executor background) {
        this.space = space;
        this.layout = layout;
        this.overlays = new OverlayCatalogue(space, layout);
        this.background = background;
    }

    /** Whether what the overlay in this directory holds is dropped when its client comes back. */
    static boolean isMarked(FileSpace space, Path overlay) {
        return space.exists(overlay.resolve(MARK));
    }

    /**
     * Drops what the client wrote before it left, and prepares its directory for an overlay that is made next.
     *
     * @throws OverlayInUseException if somebody reads it at this moment
     * @throws StoreException        if it was promised to be kept
     */
    void begin(ExportName name) throws IOException {
        Path directory = layout.overlay(name);
        if (overlays.exists(name)) {
            if (!isMarked(space, directory)) {
                throw new StoreException("overlay " + name + ": kept for good so far, not until the next boot: "
                        + "'varve commit' makes an image of it, 'varve reset " + name + "' drops it");
            }
            Path condemned = overlays.condemn(name);
            if (condemned == null) {
                throw new OverlayInUseException(directory);
            }
            new SlowDelete(space, condemned, background).start();
        }
        mark(directory);
    }

    /** What the client has, and whatever it adds, is kept from now on. */
    void keep(ExportName name) throws IOException {
        Path directory = layout.overlay(name);
        if (isMarked(space, directory)) {
            space.delete(directory.resolve(MARK));
            space.syncDirectory(directory);
        }
    }

    private void mark(Path directory) throws IOException {
        space.createDirectories(directory);
        try {
            space.open(directory.resolve(MARK), FileSpace.OpenMode.CREATE_NEW).close();
        } catch (FileAlreadyExistsException e) {
            // Of an overlay whose making was cut short.
        }
        space.syncDirectory(directory);
    }
}
