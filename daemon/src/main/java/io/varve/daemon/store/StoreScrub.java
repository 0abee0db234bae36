package io.varve.daemon.store;

import io.varve.daemon.io.Damage;
import io.varve.daemon.io.DamageList;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.BlobRef;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.PageRange;
import io.varve.daemon.layer.Scrub;
import io.varve.daemon.overlay.Bitmaps;
import io.varve.daemon.overlay.OverlayCheck;
import io.varve.daemon.overlay.OverlayMeta;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Reads everything that images and overlays consist of, each file once, and goes on after what it finds. Changes
 * nothing. What is being used, made or removed meanwhile is no finding.
 *
 * <p>Owned by the thread that scrubs.
 */
public final class StoreScrub {

    private static final int PIECE_LENGTH = 8 << 20;
    /** Of the ranges of a disk that one finding names. */
    private static final int MAX_DISK_RANGES = 16;

    private final Store store;
    private final Scrub scrub;
    private final Listener listener;
    private final Set<ImageName> images = new LinkedHashSet<>();
    private final Set<ExportName> overlays = new LinkedHashSet<>();
    /** Who needs each layer, in the order in which they are checked. */
    private final Map<LayerId, Set<String>> layers = new LinkedHashMap<>();
    private final Map<BlobRef, Set<LayerId>> blobs = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Consumer<Finding> onFinding = finding -> {};
    private long doneLength;
    private long totalLength;

    /** Hears how far it is. Owned by the thread that scrubs. */
    @FunctionalInterface
    public interface Listener {

        /** Bytes; the total may grow. What this throws ends the scrub. */
        void onProgress(long doneLength, long totalLength);
    }

    /**
     * What a scrub has seen. Immutable.
     *
     * @param findings empty if all is well
     * @param notes    one line each about what could not be checked, or need not be
     */
    public record Result(List<Finding> findings, List<String> notes, int imageCount, int layerCount,
            int overlayCount) {}

    public StoreScrub(Store store, Listener listener) {
        this(store, listener, PIECE_LENGTH);
    }

    /** @param pieceLength bytes between two calls of the listener, a multiple of 64 KiB */
    StoreScrub(Store store, Listener listener, int pieceLength) {
        this.store = store;
        this.listener = listener;
        this.scrub = new Scrub(store.space(), store.layout().layers(), this::onChecked, pieceLength);
    }

    /** @param listener hears of each finding at once */
    void onFinding(Consumer<Finding> listener) {
        onFinding = listener;
    }

    /**
     * An image, and the overlays that stand on it.
     *
     * @throws StoreException if there is no such image
     */
    public void addImage(ImageName image) throws IOException {
        if (!store.contains(image)) {
            store.image(image);
        }
        images.add(image);
        overlays.addAll(store.overlayCatalogue().list(image));
    }

    /** Every image, and every overlay. */
    public void addEverything() throws IOException {
        images.addAll(store.images());
        overlays.addAll(store.overlayCatalogue().list());
    }

    /** What cannot be read is a finding, never an exception. */
    public Result run() {
        images.forEach(this::checkImage);
        checkReplacements();
        overlays.forEach(this::checkOverlay);
        layers.keySet().forEach(this::planBlobs);
        blobs.keySet().forEach(ref -> totalLength += Pages.offset(ref.pageCount()));
        layers.forEach((layer, users) -> {
            for (Damage damage : checkLayer(layer)) {
                found(Finding.of(List.copyOf(users), layer, damage));
            }
        });
        blobs.forEach(this::checkBlob);
        return new Result(List.copyOf(findings), List.copyOf(notes), images.size(), layers.size(), overlays.size());
    }

    private void checkImage(ImageName image) {
        List<String> user = List.of(image.toString());
        DamageList damages = new DamageList();
        try {
            need(image.toString(), store.image(image).chain());
        } catch (StoreException e) {
            return; // Removed meanwhile.
        } catch (IOException e) {
            damages.addFailure(store.layout().manifest(image), e);
        }
        try {
            if (damages.toList().isEmpty()) {
                store.boots().profile(image);
            }
        } catch (StoreException e) {
            return; // The same.
        } catch (IOException e) {
            damages.addFailure(store.layout().sequence(image), e);
        }
        damages.toList().forEach(damage -> found(Finding.of(user, damage)));
    }

    /** All of them, also where one image is asked for: there are few, and each can change what an image is. */
    private void checkReplacements() {
        DamageList damages = new DamageList();
        try {
            for (Path file : store.replacements().files()) {
                try {
                    store.replacements().read(file);
                } catch (NoSuchFileException e) {
                    continue; // No longer needed.
                } catch (IOException e) {
                    damages.addFailure(file, e);
                }
            }
        } catch (IOException e) {
            damages.addFailure(store.layout().replaced(), e);
        }
        damages.toList().stream()
                .filter(damage -> findings.stream().noneMatch(known -> known.damage().equals(damage)))
                .forEach(damage -> found(Finding.of(List.of(), damage)));
    }

    private List<Damage> checkLayer(LayerId layer) {
        if (store.frozenLayers().contains(layer)) {
            return checkFrozen(layer);
        }
        return store.linkedLayers().contains(layer) ? checkLinked(layer) : scrub.checkLayer(layer);
    }

    /** An overlay that became a layer: all that holds for an overlay, and that nothing is left to recover. */
    private List<Damage> checkFrozen(LayerId layer) {
        Path directory = store.layout().frozen(layer);
        DamageList damages = new DamageList();
        try {
            OverlayCheck.Report report = OverlayCheck.run(store.space(), directory, false, this::onOverlayRead);
            if (!report.damages().isEmpty()) {
                return report.damages();
            }
            try (FrozenLayer frozen = store.frozenLayers().find(layer)) {
                return frozen == null ? scrub.checkLayer(layer) : List.of();
            }
        } catch (NoSuchFileException e) {
            return scrub.checkLayer(layer); // Sealed meanwhile.
        } catch (IOException e) {
            damages.addFailure(directory, e);
        }
        return damages.toList();
    }

    /** Its pages have no checksums: all that can be told is that its files are there, unchanged, and can be opened. */
    private List<Damage> checkLinked(LayerId layer) {
        DamageList damages = new DamageList();
        try (FrozenLayer linked = store.linkedLayers().find(layer)) {
            return linked == null ? scrub.checkLayer(layer) : List.of();
        } catch (IOException e) {
            damages.addFailure(store.layout().linked(layer), e);
        }
        return damages.toList();
    }

    private void checkOverlay(ExportName overlay) {
        List<String> user = List.of(overlay.toString());
        Path directory = store.layout().overlay(overlay);
        DamageList damages = new DamageList();
        OverlayCheck.Report report;
        try {
            boolean inUse = store.overlayCatalogue().isInUse(overlay);
            report = OverlayCheck.run(store.space(), directory, inUse, this::onOverlayRead);
            if (!inUse && !report.damages().isEmpty() && store.overlayCatalogue().isInUse(overlay)) {
                inUse = true; // Its client has come meanwhile.
                report = OverlayCheck.run(store.space(), directory, inUse, this::onOverlayRead);
            }
            if (inUse) {
                notes.add(overlay + ": in use: its data and what was flushed were checked, what is being written "
                        + "was not");
            }
        } catch (NoSuchFileException e) {
            return; // Reset meanwhile.
        } catch (IOException e) {
            damages.addFailure(directory, e);
            damages.toList().forEach(damage -> found(Finding.of(user, damage)));
            return;
        }
        if (report.note() != null) {
            notes.add(overlay + ": " + report.note());
        }
        report.damages().forEach(damage -> found(Finding.of(user, damage)));
        if (report.meta() != null) {
            checkMeta(overlay, directory.resolve(OverlayCatalogue.META), report.meta());
            checkBitmaps(overlay, directory, report.meta());
        }
    }

    /** What an overlay says that it is must be where it was found, and what it stands on must be there. */
    private void checkMeta(ExportName overlay, Path file, OverlayMeta meta) {
        DamageList damages = new DamageList();
        try {
            ExportName said = new ImageName(meta.imageName(), meta.imageTag()).at(meta.client());
            if (!said.equals(overlay)) {
                damages.add(file, 0, 0, "it is the overlay " + said + ": the directory of another one was put in its "
                        + "place");
            }
            need(overlay.toString(), store.resolve(OverlayCatalogue.chain(file, meta)));
        } catch (NameException e) {
            damages.add(file, 0, 0, "its names cannot be: " + e.getMessage());
        } catch (IOException e) {
            damages.addFailure(file, e);
        }
        damages.toList().forEach(damage -> found(Finding.of(List.of(overlay.toString()), damage)));
        if (!store.contains(overlay.image())) {
            notes.add(overlay + ": " + Store.baseRemoved(overlay));
        }
    }

    /** A snapshot may put another overlay in the place of this one at any time. */
    private void checkBitmaps(ExportName overlay, Path directory, OverlayMeta meta) {
        List<Damage> damages = Bitmaps.check(store.space(), directory, meta);
        try {
            OverlayMeta now = store.overlayMeta(overlay).orElse(meta);
            if (!damages.isEmpty() && !now.id().equals(meta.id())) {
                damages = Bitmaps.check(store.space(), directory, now);
            }
        } catch (IOException e) {
            return; // What is wrong with its meta file was found before.
        }
        damages.forEach(damage -> found(Finding.of(List.of(overlay.toString()), damage)));
    }

    private void need(String user, Collection<LayerId> chain) {
        for (LayerId layer : chain) {
            layers.computeIfAbsent(layer, unseen -> new TreeSet<>()).add(user);
        }
    }

    private void planBlobs(LayerId layer) {
        if (store.looseLayers().contains(layer)) {
            return;
        }
        try {
            for (BlobRef ref : store.layer(layer).blobs()) {
                blobs.computeIfAbsent(ref, unseen -> new LinkedHashSet<>()).add(layer);
            }
        } catch (IOException e) {
            // The check of the layer says what is wrong with it.
            return;
        }
    }

    private void checkBlob(BlobRef ref, Set<LayerId> owners) {
        for (Damage damage : scrub.checkBlob(ref)) {
            Set<String> users = new TreeSet<>();
            Set<PageRange> diskPages = new LinkedHashSet<>();
            PageRange blobPages = Scrub.unreadablePages(ref, damage);
            for (LayerId owner : owners) {
                users.addAll(layers.get(owner));
                if (blobPages != null) {
                    diskPages.addAll(scrub.diskPages(owner, ref, blobPages, MAX_DISK_RANGES));
                }
            }
            found(new Finding(List.copyOf(users), List.copyOf(owners), damage, blobPages,
                    List.copyOf(diskPages)));
        }
    }

    /** Images that are removed, and overlays that are reset, take files with them that nothing else needs. */
    private void found(Finding finding) {
        if (finding.damage().isMissing() && finding.users().stream().noneMatch(user -> stillNeeds(user, finding))) {
            return;
        }
        findings.add(finding);
        onFinding.accept(finding);
    }

    private boolean stillNeeds(String user, Finding finding) {
        try {
            ExportName name = ExportName.parse(user);
            Optional<List<LayerId>> chain = name.client().isEmpty()
                    ? Optional.of(store.image(name.image()).chain())
                    : chainOf(name);
            return chain.isPresent() && (finding.layers().isEmpty()
                    || finding.layers().stream().anyMatch(chain.get()::contains));
        } catch (StoreException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private Optional<List<LayerId>> chainOf(ExportName overlay) throws IOException {
        Optional<OverlayMeta> meta = store.overlayMeta(overlay);
        return meta.isEmpty() ? Optional.empty()
                : Optional.of(store.resolve(OverlayCatalogue.chain(store.layout().overlay(overlay), meta.get())));
    }

    private void onOverlayRead(long length) {
        totalLength += length;
        onChecked(length);
    }

    private void onChecked(long length) {
        doneLength += length;
        listener.onProgress(doneLength, totalLength);
    }
}
