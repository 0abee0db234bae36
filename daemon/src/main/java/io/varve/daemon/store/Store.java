package io.varve.daemon.store;

import io.varve.daemon.format.FileStamp;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import io.varve.daemon.remote.RemoteDisk;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store: images by name, the layers under them, the overlays on top. Several processes may use one store at a
 * time; what they must not do together is kept apart by locks on files.
 *
 * <p>Thread-safe because it keeps no state of its own: every change happens under a lock of the store.
 */
public final class Store {

    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    private final FileSpace space;
    private final StoreLayout layout;
    private final StoreLocks locks;
    private final Catalogue catalogue;
    private final OverlayCatalogue overlays;
    private final FrozenLayers frozen;
    private final LinkedLayers linked;
    private final LooseLayers loose;
    private final Replacements replacements;
    private final ChainOpener chains;
    private final BootProfiles boots;
    private final BootHistory bootHistory;

    private Store(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.layout = layout;
        this.locks = new StoreLocks(space, layout);
        this.catalogue = new Catalogue(space, layout);
        this.overlays = new OverlayCatalogue(space, layout);
        this.frozen = new FrozenLayers(space, layout);
        this.linked = new LinkedLayers(space, layout, new RemoteSources(space,
                (image, check, requests) ->
                        RemoteDisk.open(image.locations(), image.identity(), check, requests)));
        this.loose = new LooseLayers(space, layout, frozen, linked);
        this.replacements = new Replacements(space, layout);
        this.chains = new ChainOpener(space, layout, replacements, loose);
        this.boots = new BootProfiles(this);
        this.bootHistory = new BootHistory(this);
    }

    /**
     * Opens the store in a directory, and makes one where nothing is.
     *
     * @throws StoreException if the directory holds something else, or a store of another version
     */
    public static Store openOrCreate(FileSpace space, Path root) throws IOException {
        StoreLayout layout = new StoreLayout(root);
        StoreRoot place = new StoreRoot(space, layout);
        if (!place.isStore()) {
            place.make();
        }
        return new Store(space, layout);
    }

    /** @throws StoreException if there is no store, or one of another version */
    public static Store open(FileSpace space, Path root) throws IOException {
        StoreLayout layout = new StoreLayout(root);
        if (!new StoreRoot(space, layout).isStore()) {
            throw new StoreException("store " + root + ": there is none yet: 'varve import FILE IMAGE' makes one, "
                    + "--store or VARVE_STORE names another");
        }
        return new Store(space, layout);
    }

    public StoreLayout layout() {
        return layout;
    }

    public FileSpace space() {
        return space;
    }

    /** Sorted by name, then tag. */
    public List<ImageName> images() throws IOException {
        return catalogue.list();
    }

    public boolean contains(ImageName image) {
        return catalogue.contains(image);
    }

    /**
     * An image as it is now: of layers that may have taken the place of those it was made of.
     *
     * @throws StoreException if there is no such image
     */
    public ImageManifest image(ImageName image) throws IOException {
        ImageManifest noted = catalogue.read(image);
        return noted.withChain(resolve(noted.chain()));
    }

    /** The layers of an image as they are noted, perhaps before some were replaced. */
    List<LayerId> notedChain(ImageName image) throws IOException {
        return catalogue.read(image).chain();
    }

    /**
     * The layers that a chain consists of now, base first; what took the place of others says the same.
     *
     * @param noted layers of an image or of what an overlay stands on, whenever they were noted
     * @throws CorruptDataException if what is needed to know that is damaged
     */
    public List<LayerId> resolve(List<LayerId> noted) throws IOException {
        return replacements.resolve(noted);
    }

    /**
     * From now on, and in one step, everything that begins with certain layers begins with others. The caller has held
     * {@link #lockForWriting} since before it wrote the new ones.
     *
     * @param from all layers up to some height, base first, as {@link #resolve} names them
     * @param to   layers that say the same about every page of a disk of any size; all of them are durable
     * @return what {@code from} is now; not {@code to} if that was replaced before
     * @throws StoreException if {@code from} was replaced meanwhile, or this would lead in a circle; nothing happened
     */
    public List<LayerId> replace(List<LayerId> from, List<LayerId> to) throws IOException {
        try (FileLocks.Lock held = locks.catalogue()) {
            return replacements.add(new Replacement(from, to), notedChains());
        }
    }

    /** All that images consist of and overlays stand on, as it is now. What is damaged is left out. */
    List<StandingChain> standingChains() throws IOException {
        List<StandingChain> standing = new ArrayList<>();
        Replacements.Resolver resolver = replacements.forMany();
        for (ImageName image : catalogue.list()) {
            try {
                ImageManifest manifest = catalogue.read(image);
                standing.add(new StandingChain(resolver.resolve(manifest.chain()), manifest.size()));
            } catch (CorruptDataException | FormatVersionException | StoreException e) {
                LOG.debug("image {} is left out", image, e);
            }
        }
        for (ExportName overlay : overlays.list()) {
            Optional<OverlayMeta> meta = overlays.meta(overlay);
            if (meta.isPresent()) {
                List<LayerId> noted = LayerId.list(meta.get().layerIds());
                standing.add(new StandingChain(resolver.resolve(noted), meta.get().size()));
            }
        }
        return standing;
    }

    /** Whether the topmost layer took the place of {@code count} others, above the rest of the chain. */
    boolean wasMerged(List<LayerId> chain, int count) throws IOException {
        for (Replacement replacement : replacements.list()) {
            if (replacement.to().equals(chain) && replacement.from().size() - chain.size() + 1 == count) {
                return true;
            }
        }
        return false;
    }

    /** What is damaged is left out: it does not stand in the way of the rest. */
    private List<List<LayerId>> notedChains() throws IOException {
        List<List<LayerId>> chains = new ArrayList<>();
        for (ImageName image : catalogue.list()) {
            try {
                chains.add(catalogue.read(image).chain());
            } catch (CorruptDataException | FormatVersionException e) {
                LOG.debug("image {} is left out", image, e);
            }
        }
        for (ExportName overlay : overlays.list()) {
            overlays.meta(overlay).ifPresent(meta -> chains.add(LayerId.list(meta.layerIds())));
        }
        return chains;
    }

    /** What a layer consists of. */
    public LayerManifest layer(LayerId id) throws IOException {
        return LayerManifest.read(space, layout.layers(), id);
    }

    /**
     * Held by whoever writes layers, from before the first one until a manifest names the last one, so that no layer
     * is taken for garbage meanwhile.
     */
    public FileLocks.Lock lockForWriting() throws IOException {
        return locks.writer();
    }

    /**
     * Held by the one daemon of the store.
     *
     * @throws StoreException if another one runs; it names its process
     */
    public FileLocks.Lock lockForDaemon() throws IOException {
        return locks.daemon();
    }

    /** What was written down of the last boots of images. */
    public BootHistory bootHistory() {
        return bootHistory;
    }

    /** What boots of images have taught. */
    public BootProfiles boots() {
        return boots;
    }

    /** Held for every change of the catalogue, for milliseconds; waits for others. */
    FileLocks.Lock lockCatalogue() throws IOException {
        return locks.catalogue();
    }

    /**
     * Gives a new image its name. Publishing the same content again does nothing. What boots of an image that it shares
     * layers with have taught is used for it, too.
     *
     * @throws StoreException if another image has the name
     */
    public void publish(ImageName image, ImageManifest manifest) throws IOException {
        publishAlone(image, manifest);
        boots.inheritIfPossible(image);
    }

    private void publishAlone(ImageName image, ImageManifest manifest) throws IOException {
        try (FileLocks.Lock held = locks.catalogue()) {
            if (catalogue.contains(image)) {
                if (image(image).sameContent(manifest.withChain(resolve(manifest.chain())))) {
                    return;
                }
                throw taken(image);
            }
            catalogue.write(image, manifest);
        }
    }

    /** Fails before any work is done, where {@link #publish} might fail after it. */
    public void requireFree(ImageName image) throws IOException {
        if (catalogue.contains(image)) {
            throw taken(image);
        }
    }

    private StoreException taken(ImageName image) {
        return new StoreException("image " + image + ": already in the store with other content: choose another name "
                + "or tag, or 'varve rm " + image + "' first");
    }

    /**
     * Gives the content of one image another name, or moves that name to it.
     *
     * @throws StoreException if there is no such image, or the name to move is in use
     */
    public void tag(ImageName from, ImageName to) throws IOException {
        tagAlone(from, to);
        boots.inheritIfPossible(to);
    }

    private void tagAlone(ImageName from, ImageName to) throws IOException {
        try (FileLocks.Lock held = locks.catalogue()) {
            ImageManifest content = image(from);
            ImageManifest tagged = new ImageManifest(
                    content.size(), content.chain(), Instant.now(), content.source(), content.parent());
            if (!catalogue.contains(to)) {
                catalogue.write(to, tagged);
            } else if (!image(to).sameContent(content)) {
                try (FileLocks.Lock unused = lockUnused(to)) {
                    space.delete(layout.sequence(to));
                    space.delete(layout.pack(to));
                    catalogue.write(to, tagged);
                }
            }
        }
    }

    /**
     * Removes an image, and the layers that nothing else needs.
     *
     * @throws StoreException if there is no such image, clients use it, or overlays stand on it; nothing happened then
     */
    public Removal remove(ImageName image) throws IOException {
        try (FileLocks.Lock held = locks.catalogue()) {
            if (!catalogue.contains(image)) {
                throw catalogue.unknown(image, null);
            }
            try (FileLocks.Lock unused = lockUnused(image)) {
                List<ExportName> standing = overlays.list(image);
                if (!standing.isEmpty()) {
                    throw new StoreException("image " + image + ": overlays of clients stand on it ("
                            + standing.stream().map(ExportName::toString).collect(Collectors.joining(", "))
                            + "): drop each with 'varve reset', or keep the image");
                }
                catalogue.delete(image);
            }
            return collectGarbage();
        }
    }

    /** For a job that failed: deletes the layers that it wrote, and all others that nothing needs, if nobody writes. */
    public void deleteUnneededLayers() throws IOException {
        try (FileLocks.Lock held = locks.catalogue()) {
            collectGarbage();
        }
    }

    /** The image is gone already, so trouble here costs space and nothing else. */
    private Removal collectGarbage() throws IOException {
        try (FileLocks.Lock nobodyWrites = locks.deleter()) {
            if (nobodyWrites == null) {
                return new Removal(0, "layers are being written at this moment; those that nobody needs are deleted "
                        + "by the next rm");
            }
            GarbageReport report = new GarbageCollection(this, Duration.ZERO, System.currentTimeMillis())
                    .run(GarbageCollection.Scope.LAYERS);
            return new Removal(report.freedLength(), report.kept());
        }
    }

    /**
     * Deletes what no image, no overlay and no running disk needs, if that has been so for a while: layers, blobs,
     * replacements, frozen overlays, and what was never finished.
     *
     * @param grace since it was first found to be so; at least 0
     */
    public GarbageReport collectGarbage(Duration grace) throws IOException {
        return collectGarbage(grace, System.currentTimeMillis());
    }

    /** @param nowMs milliseconds since the epoch */
    GarbageReport collectGarbage(Duration grace, long nowMs) throws IOException {
        return withGarbageLocks(() -> new GarbageCollection(this, grace, nowMs)
                .run(GarbageCollection.Scope.EVERYTHING));
    }

    /** What {@link #collectGarbage} would do at this moment; changes nothing. */
    public GarbageReport planGarbageCollection(Duration grace) throws IOException {
        return withGarbageLocks(() -> new GarbageCollection(this, grace, System.currentTimeMillis()).plan());
    }

    /** Something that is done while nobody writes layers and nobody changes the catalogue. */
    @FunctionalInterface
    private interface GarbageWork {
        GarbageReport run() throws IOException;
    }

    private GarbageReport withGarbageLocks(GarbageWork work) throws IOException {
        try (FileLocks.Lock nobodyWrites = locks.deleter()) {
            if (nobodyWrites == null) {
                return GarbageReport.nothing("nothing was deleted, because layers are being written at this moment: "
                        + "run it again later");
            }
            try (FileLocks.Lock held = locks.catalogue()) {
                return work.run();
            }
        }
    }

    /**
     * What became of the layers of a removed image.
     *
     * @param freedLength bytes of files that are gone
     * @param kept        one line why layers that nobody needs are still there; null if there are none
     */
    public record Removal(long freedLength, String kept) {}

    /** Overlays that are kept for clients, sorted by image and client. */
    public List<OverlayEntry> overlays() throws IOException {
        List<OverlayEntry> entries = new ArrayList<>();
        for (ExportName name : overlays.list()) {
            try {
                OverlayEntry entry = overlays.describe(name);
                entries.add(catalogue.contains(name.image()) ? entry : withoutImage(entry));
            } catch (NoSuchFileException e) {
                continue; // Reset meanwhile.
            }
        }
        return entries;
    }

    /** @throws StoreException if there is no such overlay */
    public OverlayEntry overlay(ExportName name) throws IOException {
        try {
            OverlayEntry entry = overlays.describe(name);
            return catalogue.contains(name.image()) ? entry : withoutImage(entry);
        } catch (NoSuchFileException e) {
            throw overlays.unknown(name, e);
        }
    }

    private static OverlayEntry withoutImage(OverlayEntry entry) {
        return new OverlayEntry(
                entry.name(), entry.mode(), entry.inUse(), entry.info(), baseRemoved(entry.name()));
    }

    static String baseRemoved(ExportName overlay) {
        return "its image " + overlay.image() + " is no longer in the store: import it again, or drop the overlay with "
                + "'varve reset " + overlay + "'";
    }

    Catalogue catalogue() {
        return catalogue;
    }

    OverlayCatalogue overlayCatalogue() {
        return overlays;
    }

    /** What a client's overlay stands on; empty where it has none yet. */
    Optional<OverlayMeta> overlayMeta(ExportName name) throws IOException {
        return overlays.meta(name);
    }

    /**
     * Drops what a client wrote; its next connection starts from the image.
     *
     * @throws StoreException if there is no such overlay, or its client is connected
     */
    public void reset(ExportName name) throws IOException {
        overlays.delete(name);
    }

    /**
     * Opens what a client wrote, to be read; the caller closes it. The client cannot connect meanwhile.
     *
     * @throws StoreException if there is no such overlay, or its client is connected
     */
    public OverlayReader openOverlay(ExportName overlay) throws IOException {
        return overlays.open(overlay);
    }

    /**
     * Makes a new image of what a client wrote, on top of what its overlay stands on. The overlay stays as it is.
     *
     * @throws StoreException if there is no such overlay, its client is connected, a layer below it is gone, or the
     *                        name is taken
     */
    public ImageManifest commit(ExportName overlay, ImageName image) throws IOException {
        requireFree(image);
        try (FileLocks.Lock writing = lockForWriting(); OverlayReader reader = overlays.open(overlay)) {
            OverlayMeta meta = reader.meta();
            List<LayerId> layers = new ArrayList<>(resolve(LayerId.list(meta.layerIds())));
            try (Chain base = openChain(layers, meta.size())) {
                new OverlayCommit(reader.extents(0), reader.data(), base, new Pace(0))
                        .seal(space, layout.layers()).ifPresent(layers::add);
            } catch (StoreException e) {
                throw new StoreException("overlay " + overlay + ": " + e.getMessage(), e);
            }
            ImageManifest made = new ImageManifest(
                    meta.size(), layers, Instant.now(), overlay.toString(), overlay.image().toString());
            publish(image, made);
            return made;
        }
    }

    /**
     * Makes a new image of what a client has at this moment, and gives the client a fresh overlay on top of it. No
     * data is copied. The client is not connected; {@link StoreDirectory#snapshot} does it while it is.
     *
     * @throws StoreException if there is no such overlay, its client is connected, or the name is taken
     */
    public ImageManifest snapshot(ExportName overlay, ImageName image) throws IOException {
        requireFree(image);
        try (FileLocks.Lock writing = lockForWriting(); OverlayReader reader = overlays.open(overlay)) {
            OverlayMeta meta = reader.meta();
            Snapshot snapshot = new Snapshot(this, overlay, meta, LayerId.list(meta.layerIds()));
            snapshot.take(reader);
            return publishSnapshot(snapshot, overlay, image, meta.size());
        }
    }

    ImageManifest publishSnapshot(Snapshot snapshot, ExportName overlay, ImageName image, long size)
            throws IOException {
        ImageManifest made = new ImageManifest(
                size, snapshot.chain(), Instant.now(), overlay.toString(), overlay.image().toString());
        // Nobody can open the frozen layer at this moment: the image inherits when its first client comes.
        publishAlone(image, made);
        return made;
    }

    Replacements replacements() {
        return replacements;
    }

    /** Where the disk is that a layer is, if it is on another machine; else empty. */
    public Optional<String> remoteLocation(LayerId layer) throws IOException {
        return linked.contains(layer) ? linked.remote(layer).map(image -> image.locations().get(0)) : Optional.empty();
    }

    /** The image file that a layer is; empty if it is none. */
    public Optional<Path> linkedFile(LayerId layer) throws IOException {
        return linked.contains(layer) ? linked.imageFile(layer).map(LinkedImage::file) : Optional.empty();
    }

    /**
     * Whether a layer is certain image files.
     *
     * @param stamps of the file and its parents, top first
     */
    public boolean isLinked(LayerId layer, ImageFormat format, List<FileStamp> stamps) throws IOException {
        return linked.contains(layer) && linked.imageFile(layer)
                .filter(image -> image.format() == format && image.parts().equals(stamps)).isPresent();
    }

    /** Whether a layer is still an overlay that a snapshot has frozen. */
    public boolean isFrozen(LayerId layer) {
        return frozen.contains(layer);
    }

    FrozenLayers frozenLayers() {
        return frozen;
    }

    LinkedLayers linkedLayers() {
        return linked;
    }

    LooseLayers looseLayers() {
        return loose;
    }

    /**
     * For the daemon of the store, before it opens anything.
     *
     * @return deletes, at leisure, what is there now and was left behind by a daemon that was killed
     */
    public Runnable leftovers() throws IOException {
        return new Leftovers(space, layout, locks);
    }

    /**
     * Opens layers for reading, or those that took their place; the caller closes them. Nobody deletes them meanwhile.
     *
     * @param size bytes of the disk that they are seen as
     * @throws StoreException if one of them is no longer there
     */
    public Chain openChain(List<LayerId> baseFirst, long size) throws IOException {
        return chains.open(baseFirst, size);
    }

    /**
     * Marks an image as in use: nobody removes it, or moves its name, while the lock is held.
     *
     * @throws StoreException if there is no such image, or it is being removed at this moment
     */
    FileLocks.Lock lockInUse(ImageName image) throws IOException {
        try {
            FileLocks.Lock lock = space.tryLock(layout.manifest(image), LockKind.SHARED);
            if (lock != null) {
                return lock;
            }
        } catch (NoSuchFileException e) {
            throw catalogue.unknown(image, e);
        }
        throw new StoreException("image " + image + ": being removed or renamed at this moment: try again");
    }

    /** Keeps daemons from opening the image. The caller holds the catalogue's lock. */
    private FileLocks.Lock lockUnused(ImageName image) throws IOException {
        FileLocks.Lock lock;
        try {
            lock = space.tryLock(layout.manifest(image), LockKind.EXCLUSIVE);
        } catch (NoSuchFileException e) {
            throw catalogue.unknown(image, e);
        }
        if (lock == null) {
            throw new StoreException("image " + image + ": in use by clients of a running daemon: "
                    + "'varve status' shows them, disconnect them first");
        }
        return lock;
    }
}
