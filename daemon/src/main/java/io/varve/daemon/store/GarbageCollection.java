package io.varve.daemon.store;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what no image, no overlay and nobody who has a chain open needs, a while after that was first found.
 *
 * <p>Order of deletion: replacements, manifests, maps, blobs, each durable before the next: a replacement that is there
 * leads to layers that are there, and a layer whose manifest is there is whole, also after a power cut.
 *
 * <p>Owned by the thread that collects; it holds the locks of the catalogue and of the writers.
 */
final class GarbageCollection {

    private static final Logger LOG = LoggerFactory.getLogger(GarbageCollection.class);

    /** A copy or an import that was cut short can be continued for so long. */
    private static final Duration RESUMABLE_GRACE = Duration.ofDays(7);
    private static final String UNFINISHED_SUFFIX = ".new";
    private static final String MANIFEST_SUFFIX = ".json";

    /** What is looked at. */
    enum Scope {
        /** Replacements, layers, blobs. */
        LAYERS,
        /** These, frozen overlays, and what was never finished. */
        EVERYTHING
    }

    private final Store store;
    private final FileSpace space;
    private final StoreLayout layout;
    private final UnreachableMarks marks;
    private final Duration grace;
    /** What must stay because of replacements that wait. */
    private final NeededFiles held;
    private final NeededFiles needed;
    private final List<Path> doomed = new ArrayList<>();
    private int waitingCount;
    private long waitingLength;

    /**
     * @param grace for how long nobody must have needed a file
     * @param nowMs milliseconds since the epoch
     */
    GarbageCollection(Store store, Duration grace, long nowMs) throws IOException {
        this.store = store;
        this.space = store.space();
        this.layout = store.layout();
        this.grace = grace;
        this.marks = new UnreachableMarks(space, layout, nowMs);
        this.needed = new NeededFiles(store);
        this.held = new NeededFiles(store);
    }

    /** Deletes it; if anything that refers cannot be read, nothing. */
    GarbageReport run(Scope scope) throws IOException {
        try {
            if (scope == Scope.EVERYTHING) {
                renoteImages();
            }
            find(scope);
        } catch (IOException e) {
            return unknown(e);
        }
        writeMarks(scope);
        int freedCount = 0;
        long freedLength = 0;
        Path last = null;
        for (Path file : doomed) {
            if (last != null && !isSameStage(last, file)) {
                space.syncDirectory(last.getParent());
            }
            last = file;
            freedLength += length(file);
            freedCount++;
            delete(file);
            marks.forget(file);
        }
        if (last != null) {
            space.syncDirectory(last.getParent());
            writeMarks(scope);
        }
        return new GarbageReport(freedCount, freedLength, waitingCount, waitingLength, null);
    }

    /** Whether one may be gone after a crash and the other not, whichever comes first. */
    private static boolean isSameStage(Path one, Path other) {
        return one.getParent().equals(other.getParent()) && isManifest(one) == isManifest(other);
    }

    /** A full disk is no reason to delete nothing. */
    private void writeMarks(Scope scope) throws IOException {
        try {
            if (scope == Scope.EVERYTHING) {
                marks.write();
            }
        } catch (NoSpaceException e) {
            LOG.info("no space to note what waits: it waits anew: {}", e.getMessage());
        }
    }

    /** Says what would be deleted now; changes nothing. */
    GarbageReport plan() throws IOException {
        try {
            find(Scope.EVERYTHING);
        } catch (IOException e) {
            return unknown(e);
        }
        long length = 0;
        for (Path file : doomed) {
            length += length(file);
        }
        return new GarbageReport(doomed.size(), length, waitingCount, waitingLength, null);
    }

    private static GarbageReport unknown(IOException cause) {
        return GarbageReport.nothing("nothing was deleted, because what is needed cannot be told: "
                + cause.getMessage() + (cause instanceof NoSuchFileException ? " is missing" : ""));
    }

    /**
     * Lets manifests of images name the layers that the images consist of now, so that replacements are needed by
     * overlays alone. Images in use wait.
     */
    private void renoteImages() throws IOException {
        for (ImageName image : store.images()) {
            List<LayerId> noted = store.notedChain(image);
            ImageManifest manifest = store.image(image);
            if (manifest.chain().equals(noted)) {
                continue;
            }
            try (FileLocks.Lock unused = space.tryLock(layout.manifest(image), LockKind.EXCLUSIVE)) {
                if (unused != null) {
                    new ImageSequence(store, new SequenceCache(space), image, noted, manifest.size())
                            .rename(manifest.chain());
                    store.catalogue().write(image, manifest);
                }
            } catch (NoSpaceException e) {
                LOG.info("no space to write the manifest of {} anew: {}", image, e.getMessage());
            }
        }
    }

    private void find(Scope scope) throws IOException {
        for (ImageName image : store.images()) {
            needed.addChain(store.notedChain(image));
        }
        for (ExportName overlay : store.overlayCatalogue().list()) {
            OverlayMeta meta;
            try {
                meta = OverlayReader.meta(space, layout.overlay(overlay));
            } catch (NoSuchFileException e) {
                continue; // Reset meanwhile.
            }
            needed.addChain(OverlayCatalogue.chain(layout.overlay(overlay), meta));
        }
        List<Path> unneeded = store.replacements().files().stream().filter(file -> !needed.contains(file)).toList();
        for (Path file : unneeded) {
            if (!hasWaited(file)) {
                held.addChain(store.replacements().read(file).from());
            }
        }
        for (Path file : unneeded) {
            waits(file);
        }
        findLayers();
        if (scope == Scope.EVERYTHING) {
            findFrozen();
            findLinked();
            for (Path file : space.list(layout.temporary())) {
                waits(file);
            }
            for (Path file : new ForeignRecords(store).stale()) {
                waits(file);
            }
            findUnfinished(layout.replaced());
            findUnfinished(layout.foreign());
            for (Path directory : space.list(layout.images())) {
                findUnfinished(directory);
                findPacks(directory);
            }
        }
    }

    /** Those of images that are gone. */
    private void findPacks(Path directory) throws IOException {
        if (!space.isDirectory(directory)) {
            return;
        }
        for (Path file : space.list(directory)) {
            String name = file.getFileName().toString();
            if (name.endsWith(StoreLayout.PACK_SUFFIX)) {
                String tag = name.substring(0, name.length() - StoreLayout.PACK_SUFFIX.length());
                if (!space.exists(file.resolveSibling(tag + StoreLayout.MANIFEST_SUFFIX))) {
                    waits(file);
                }
            }
        }
    }

    private void findLayers() throws IOException {
        List<Path> rest = new ArrayList<>();
        for (Path file : space.list(layout.layers())) {
            if (!isManifest(file)) {
                rest.add(file);
            } else if (!needed.contains(file)) {
                findLayer(file);
            }
        }
        rest.addAll(space.list(layout.blobs()));
        for (Path file : rest) {
            if (!needed.contains(file)) {
                waits(file);
            }
        }
    }

    private static boolean isManifest(Path file) {
        return file.getFileName().toString().endsWith(MANIFEST_SUFFIX);
    }

    private void findLayer(Path file) throws IOException {
        String name = file.getFileName().toString();
        LayerId layer;
        try {
            layer = new LayerId(name.substring(0, name.length() - MANIFEST_SUFFIX.length()));
        } catch (IllegalArgumentException e) {
            return; // Somebody's file, none of ours.
        }
        if (isInUse(file)) {
            needed.addLayer(layer);
        } else if (waits(file)) {
            try {
                held.addLayer(layer);
            } catch (CorruptDataException | FormatVersionException e) {
                LOG.info("a layer that nobody needs is damaged: {}", e.getMessage());
            }
        }
    }

    private void findFrozen() throws IOException {
        for (Path directory : space.list(layout.frozen())) {
            Path meta = directory.resolve(OverlayCatalogue.META);
            if (!needed.contains(directory) && !(space.exists(meta) && isInUse(meta))) {
                waits(directory);
            }
        }
    }

    private void findLinked() throws IOException {
        for (Path file : space.list(layout.linked())) {
            Path owner = LinkedLayers.owner(file);
            if (!needed.contains(owner) && !(space.exists(owner) && isInUse(owner))) {
                waits(file);
            }
        }
    }

    private void findUnfinished(Path directory) throws IOException {
        if (!space.isDirectory(directory)) {
            return;
        }
        for (Path file : space.list(directory)) {
            if (file.getFileName().toString().endsWith(UNFINISHED_SUFFIX)) {
                waits(file);
            }
        }
    }

    private boolean isInUse(Path lockFile) throws IOException {
        try (FileLocks.Lock unused = space.tryLock(lockFile, LockKind.EXCLUSIVE)) {
            return unused == null;
        }
    }

    /** Nobody needs the file: its time has come, or it waits. */
    private boolean waits(Path file) throws IOException {
        if (hasWaited(file) && !held.contains(file)) {
            doomed.add(file);
            return false;
        }
        waitingCount++;
        waitingLength += length(file);
        return true;
    }

    private boolean hasWaited(Path file) {
        Duration limit = Leftovers.isResumable(file) && grace.compareTo(RESUMABLE_GRACE) < 0 ? RESUMABLE_GRACE : grace;
        return Duration.ofMillis(marks.mark(file)).compareTo(limit) >= 0;
    }

    private void delete(Path file) throws IOException {
        Path lockFile = file.getParent().equals(layout.frozen())
                ? file.resolve(OverlayCatalogue.META)
                : LinkedLayers.owner(file);
        boolean locked = file.getParent().equals(layout.frozen())
                || file.getParent().equals(layout.linked())
                || file.getParent().equals(layout.layers()) && isManifest(file);
        if (!locked || !space.exists(lockFile)) {
            Trees.delete(space, file);
            return;
        }
        try (FileLocks.Lock unused = space.tryLock(lockFile, LockKind.EXCLUSIVE)) {
            if (unused == null) {
                throw new StoreException("garbage " + file + ": somebody has begun to use it: run it again");
            }
            Trees.delete(space, file);
        }
    }

    /** Bytes of a file, or of all below a directory; holes do not count. */
    private long length(Path file) throws IOException {
        long length = 0;
        if (space.isDirectory(file)) {
            for (Path child : space.list(file)) {
                length += length(child);
            }
            return length;
        }
        try (BlockFile open = space.open(file, OpenMode.READ)) {
            long size = open.size();
            for (long at = open.nextData(0); at < size; at = open.nextData(at)) {
                long end = open.nextHole(at);
                length += end - at;
                at = end;
            }
        } catch (NoSuchFileException e) {
            return length; // Deleted by somebody else meanwhile.
        }
        return length;
    }
}
