package io.varve.daemon.store;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.disk.ChainSnapshot;
import io.varve.daemon.disk.DiskBitmaps;
import io.varve.daemon.disk.DiskCore;
import io.varve.daemon.io.Workers;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.MemoryPool;
import io.varve.daemon.overlay.OverlayInUseException;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayMismatchException;
import io.varve.daemon.store.ExportBase.Writes;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportException.Kind;
import io.varve.nbd.export.ExportInfo;
import io.varve.shim.NativeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exports of a store: {@code IMAGE[:TAG][@CLIENT]}, or the empty name where one image alone is served.
 *
 * <p>Without overlays a client's name changes nothing: it sees the image, read-only, as everybody does.
 *
 * <p>Whoever opens may wait: for a disk, for the recovery of an overlay, or for its own last connection to be
 * closed. So these threads must be others than those that close disks.
 *
 * <p>Thread-safe because names are resolved against the store each time, and open disks are in a table of their own.
 */
public final class StoreDirectory implements ExportDirectory, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StoreDirectory.class);

    private static final long CLOSE_LIMIT_MS = 60_000;
    private static final long SNAPSHOT_PATIENCE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long SNAPSHOT_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Store store;
    private final ServedImages images;
    private volatile OverlayChoice choice;
    private final DiskOpener opener;
    private final RunningSnapshot snapshots;
    /** Null in other modes than {@link OverlayMode#MEMORY}. */
    private final MemoryPool memory;
    private final DiskTable disks = new DiskTable();
    private final OverlayBitmaps bitmaps;
    private final AtomicLong connectionNumber = new AtomicLong();

    /**
     * @param named   which images are served; empty: all
     * @param policy  what happens to writes, unless {@link #changeOverlays} says something else
     * @param workers run commits, closes and what reads must wait for
     * @throws UncheckedIOException if the machine refuses so much memory
     */
    public StoreDirectory(Store store, List<ImageName> named, OverlayPolicy policy, BootEngine boots,
            Workers workers, Counters counters) {
        this.store = store;
        this.images = new ServedImages(store, named);
        this.choice = image -> policy;
        this.memory = policy.mode() == OverlayMode.MEMORY ? pool(policy.memoryLength()) : null;
        this.snapshots = new RunningSnapshot(store, workers);
        this.bitmaps = new OverlayBitmaps(store, disks);
        this.opener = new DiskOpener(store, image -> choice.of(image), memory, boots, workers, counters);
    }

    private static MemoryPool pool(long length) {
        try {
            return new MemoryPool(length);
        } catch (NativeException e) {
            throw new UncheckedIOException(
                    "memory for overlays: " + e.getMessage() + ": choose less with --memory", e);
        }
    }

    /**
     * Disks that are opened from now on treat writes as {@code next} says.
     *
     * @throws StoreException if it wants overlays in memory, and the daemon was not started for them
     */
    public void changeOverlays(OverlayChoice next, Set<OverlayMode> modes) throws StoreException {
        if (modes.contains(OverlayMode.MEMORY) && memory == null) {
            throw new StoreException(
                    "overlays in memory: the daemon was started without any: restart it to have them");
        }
        choice = next;
    }

    /** Bytes of the memory pool that overlays have at this moment. */
    public long memoryTakenLength() {
        return memory == null ? 0 : memory.takenLength();
    }

    private void freeMemory() {
        try {
            memory.close();
        } catch (NativeException e) {
            LOG.warn("the memory of overlays was not given back", e);
        }
    }

    /** Images, never clients: those are nobody else's business. */
    @Override
    public List<Listing> list() {
        List<Listing> listings = new ArrayList<>();
        try {
            for (ImageName image : images.list()) {
                ImageManifest manifest = store.image(image);
                int layerCount = manifest.chain().size();
                listings.add(new Listing(image.toString(), layerCount + (layerCount == 1 ? " layer" : " layers")
                        + ", from " + manifest.source()));
            }
        } catch (IOException e) {
            LOG.warn("the list of exports is not complete", e);
        }
        return listings;
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        try {
            ExportBase base = base(images.resolve(name));
            return DiskBitmaps.offer(base.info(), bitmaps.names(base));
        } catch (IOException e) {
            throw failed(name, e);
        }
    }

    @Override
    public Export open(String name) throws ExportException {
        try {
            ExportName export = images.resolve(name);
            String key = export.toString();
            if (!writes(export).shared()) {
                key += "#" + connectionNumber.incrementAndGet();
            }
            // What it stands on is looked up when nobody has it open: a client that comes back after a reset must not
            // stand on what it had before.
            return disks.connect(key, onClosed -> openAsItIsNow(export, onClosed));
        } catch (IOException e) {
            throw failed(name, e);
        }
    }

    /** Between looking up the base and opening the overlay, a snapshot may have put a fresh one in its place. */
    private DiskCore openAsItIsNow(ExportName name, Runnable onClosed) throws IOException {
        ExportBase base = base(name);
        while (true) {
            try {
                return opener.open(base, onClosed);
            } catch (OverlayMismatchException e) {
                ExportBase now = base(name);
                if (now.noted().equals(base.noted())) {
                    throw e;
                }
                base = now;
            }
        }
    }

    private ExportBase base(ExportName name) throws IOException {
        ImageManifest manifest = manifest(name);
        List<LayerId> chain = store.resolve(manifest.chain());
        Writes writes = writes(name);
        Optional<OverlayMeta> kept = writes == Writes.KEPT ? store.overlayMeta(name) : Optional.empty();
        if (kept.isEmpty()) {
            return new ExportBase(name, chain, chain, manifest.size(), manifest.chain(), writes);
        }
        List<LayerId> noted = LayerId.list(kept.get().layerIds());
        List<LayerId> below = noted.equals(manifest.chain()) ? chain : store.resolve(noted);
        // Above the layers of the image there may be those that snapshots of the client have frozen.
        boolean standsOnImage =
                StandingChain.startsWith(below, chain) || StandingChain.startsWith(noted, manifest.chain());
        return new ExportBase(
                name, below, noted, kept.get().size(), standsOnImage ? manifest.chain() : null, writes);
    }

    /** As it is noted, perhaps before layers were replaced. */
    private ImageManifest manifest(ExportName name) throws IOException {
        try {
            return store.catalogue().read(name.image());
        } catch (StoreException e) {
            if (name.client().isPresent() && store.overlayMeta(name).isPresent()) {
                throw new StoreException("overlay " + name + ": " + Store.baseRemoved(name), e);
            }
            throw e;
        }
    }

    private Writes writes(ExportName name) {
        boolean named = name.client().isPresent();
        return switch (choice.of(name.image()).mode()) {
            case PERSISTENT -> named ? Writes.KEPT : Writes.UNTIL_CONNECTION_ENDS;
            case RESET_ON_BOOT -> named ? Writes.KEPT_UNTIL_BOOT : Writes.UNTIL_CONNECTION_ENDS;
            case EPHEMERAL, MEMORY -> named ? Writes.UNTIL_CLIENT_LEAVES : Writes.UNTIL_CONNECTION_ENDS;
            case NONE -> Writes.REFUSED;
        };
    }

    private ExportException failed(String name, IOException cause) {
        LOG.warn("export '{}' cannot be had: {}", Names.shown(name), cause.getMessage());
        return new ExportException(Kind.FAILED, cause.getMessage(), cause);
    }

    /**
     * Makes a new image of what a client has at this moment, while it goes on.
     *
     * @throws StoreException if there is no such overlay, or the name is taken
     */
    public TakenSnapshot snapshot(ExportName name, ImageName image) throws IOException {
        long deadlineNs = System.nanoTime() + SNAPSHOT_PATIENCE_NS;
        while (true) {
            DiskCore core = disks.open().get(name.toString());
            if (core != null && core.isAttached() && core.connect() != null) {
                return snapshot(core, name, image);
            }
            try {
                return new TakenSnapshot(store.snapshot(name, image), 0);
            } catch (StoreException e) {
                // The client comes or goes at this moment.
                if (!(e.getCause() instanceof OverlayInUseException) || System.nanoTime() > deadlineNs) {
                    throw e;
                }
                LockSupport.parkNanos(SNAPSHOT_RETRY_NS);
            }
        }
    }

    private TakenSnapshot snapshot(DiskCore core, ExportName name, ImageName image) throws IOException {
        try {
            return snapshots.take(core, name, image);
        } finally {
            core.disconnect();
        }
    }

    /**
     * Puts layers that have taken the place of others under the disks that are open. Their clients notice nothing.
     *
     * @return how many disks are told to change
     */
    public int refresh() throws IOException {
        int count = 0;
        for (DiskCore core : disks.open().values()) {
            ChainSnapshot present = core.chain();
            List<LayerId> now = store.resolve(present.layers());
            if (!now.equals(present.layers()) && core.isAttached()) {
                ChainSnapshot next = opener.openChain(now, core.size());
                next.prepareAs(present);
                core.changeChain(present, next);
                count++;
            }
        }
        return count;
    }

    /** Dirty bitmaps of overlays, open or not. */
    public OverlayBitmaps bitmaps() {
        return bitmaps;
    }

    /** Images that are served at this moment. */
    public List<ImageName> images() throws IOException {
        return images.list();
    }

    /** Disks on other machines that were read so far, in the order in which they were opened first. */
    public List<RemoteStatus> remotes() throws IOException {
        Map<LayerId, List<ImageName>> names = new HashMap<>();
        for (ImageName image : images.list()) {
            for (LayerId layer : store.notedChain(image)) {
                names.computeIfAbsent(layer, any -> new ArrayList<>()).add(image);
            }
        }
        return store.linkedLayers().remoteStatus(layer -> names.getOrDefault(layer, List.of()));
    }

    /** Open disks, by name. */
    public List<DiskStatus> disks() {
        List<DiskStatus> list = new ArrayList<>();
        Map<String, DiskCore> open = new TreeMap<>(disks.open());
        open.forEach((name, core) -> list.add(DiskStatus.of(name, mode(name), core)));
        return list;
    }

    /** How long the writes to an open disk last. A disk without a client ends with its connection. */
    private OverlayMode mode(String diskName) {
        boolean named = diskName.indexOf('@') >= 0;
        String image = diskName.replaceFirst("[@#].*", "");
        OverlayMode mode = choice.of(ImageName.parse(image)).mode();
        return switch (mode) {
            case PERSISTENT, RESET_ON_BOOT -> named ? mode : OverlayMode.EPHEMERAL;
            case EPHEMERAL, MEMORY, NONE -> mode;
        };
    }

    /** Waits for disks whose last connection has gone; nobody connects any more. */
    @Override
    public void close() {
        List<String> late = disks.awaitAllClosed(CLOSE_LIMIT_MS);
        if (!late.isEmpty()) {
            LOG.error("{} disks were not closed in time, their overlays will be recovered at the next use: {}",
                    late.size(), late);
        } else if (memory != null) {
            freeMemory();
        }
    }
}
