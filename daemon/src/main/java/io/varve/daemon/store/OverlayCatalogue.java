package io.varve.daemon.store;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.OverlayInUseException;
import io.varve.daemon.overlay.OverlayInfo;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The overlays that are kept: {@code overlays/<name>/<tag>/<client>/}.
 *
 * <p>Thread-safe because it keeps nothing; who may change an overlay is decided by the lock on its meta file.
 */
final class OverlayCatalogue {

    static final String META = "meta";

    private final FileSpace space;
    private final StoreLayout layout;

    OverlayCatalogue(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.layout = layout;
    }

    /** All overlays, sorted; directories that are no overlays of ours are passed over. */
    List<ExportName> list() throws IOException {
        List<ExportName> names = new ArrayList<>();
        for (Path name : directories(layout.overlays())) {
            for (Path tag : directories(name)) {
                try {
                    names.addAll(list(new ImageName(
                            Names.decode(name.getFileName().toString()), tag.getFileName().toString())));
                } catch (NameException e) {
                    continue; // Somebody's directory, none of ours.
                }
            }
        }
        return names;
    }

    List<ExportName> list(ImageName image) throws IOException {
        List<ExportName> names = new ArrayList<>();
        for (Path client : directories(layout.overlays(image))) {
            if (!space.exists(client.resolve(META))) {
                continue;
            }
            try {
                names.add(image.at(Names.decode(client.getFileName().toString())));
            } catch (NameException e) {
                continue; // Somebody's directory, none of ours.
            }
        }
        return names;
    }

    /** Also one whose making was cut short. */
    boolean exists(ExportName name) {
        return space.exists(layout.overlay(name).resolve(META));
    }

    /** Whether the image that an overlay stands on is still there is not looked at. */
    OverlayEntry describe(ExportName name) throws IOException {
        Path directory = layout.overlay(name);
        boolean inUse = isInUse(name);
        try {
            OverlayInfo info = OverlayReader.info(space, directory);
            return new OverlayEntry(name, lifetime(directory), inUse, info, null);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            return new OverlayEntry(name, lifetime(directory), inUse, null, e.getMessage());
        }
    }

    private OverlayMode lifetime(Path directory) {
        return BootReset.isMarked(space, directory) ? OverlayMode.RESET_ON_BOOT : OverlayMode.PERSISTENT;
    }

    /**
     * Whether a daemon has it open at this moment.
     *
     * @throws NoSuchFileException if there is no such overlay
     */
    boolean isInUse(ExportName name) throws IOException {
        try (FileLocks.Lock free = space.tryLock(layout.overlay(name).resolve(META), LockKind.SHARED)) {
            return free == null;
        }
    }

    /**
     * The layers that an overlay stands on, base first.
     *
     * @param file that says so, for the message
     */
    static List<LayerId> chain(Path file, OverlayMeta meta) throws CorruptDataException {
        try {
            return LayerId.list(meta.layerIds());
        } catch (IllegalArgumentException e) {
            throw new CorruptDataException(file.toString(), 0, "what it stands on are not ids of layers");
        }
    }

    /** Empty where there is no overlay, or one whose making was cut short. */
    Optional<OverlayMeta> meta(ExportName name) throws IOException {
        try {
            OverlayMeta meta = OverlayReader.meta(space, layout.overlay(name));
            chain(layout.overlay(name).resolve(META), meta);
            return Optional.of(meta);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (CorruptDataException e) {
            // Opening it decides whether it is damaged, or was never finished and can be made again.
            return Optional.empty();
        }
    }

    /**
     * Opens, and recovers, an overlay that nobody uses.
     *
     * @throws StoreException if there is none, or its client is connected
     */
    OverlayReader open(ExportName name) throws IOException {
        try {
            OverlayReader reader = OverlayReader.open(space, layout.overlay(name));
            try {
                chain(layout.overlay(name).resolve(META), reader.meta());
                return reader;
            } catch (CorruptDataException e) {
                reader.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw unknown(name, e);
        } catch (OverlayInUseException e) {
            throw inUse(name, e);
        }
    }

    /**
     * Drops the overlay: gone when this returns, also after a power cut.
     *
     * @throws StoreException if there is none, or its client is connected
     */
    void delete(ExportName name) throws IOException {
        Path condemned = condemn(name);
        if (condemned == null) {
            throw inUse(name, null);
        }
        Trees.delete(space, condemned);
    }

    /**
     * Takes the overlay out of the catalogue in one step, durable at return.
     *
     * @return the directory that is left to be deleted; null if somebody uses the overlay, which stays then
     * @throws StoreException if there is none
     */
    Path condemn(ExportName name) throws IOException {
        Path directory = layout.overlay(name);
        try (FileLocks.Lock unused = space.tryLock(directory.resolve(META), LockKind.EXCLUSIVE)) {
            if (unused == null) {
                return null;
            }
            Path condemned = layout.temporary().resolve(UUID.randomUUID().toString());
            space.rename(directory, condemned);
            space.syncDirectory(layout.temporary());
            space.syncDirectory(directory.getParent());
            return condemned;
        } catch (NoSuchFileException e) {
            throw unknown(name, e);
        }
    }

    StoreException unknown(ExportName name, Throwable cause) {
        return new StoreException("overlay " + name + ": not in the store " + layout.root()
                + ": 'varve overlays' lists what is there", cause);
    }

    StoreException inUse(ExportName name, Throwable cause) {
        return new StoreException("overlay " + name + ": in use by its client, through a running daemon: "
                + "disconnect the client first ('varve status' shows it), or take a 'varve snapshot' and "
                + "use that image", cause);
    }

    private List<Path> directories(Path parent) throws IOException {
        return space.list(parent).stream().filter(space::isDirectory).toList();
    }
}
