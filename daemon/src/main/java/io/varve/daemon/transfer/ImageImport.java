package io.varve.daemon.transfer;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.store.ForeignRecords;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes an image of a file and its parents: a layer of each by {@link ImportJob}, and then a name for it.
 *
 * <p>Owned by the thread that runs it.
 */
public final class ImageImport {

    private final Store store;
    private final SourceFile file;
    private final ProgressListener listener;
    private final ForeignRecords records;
    private final List<List<String>> noted = new ArrayList<>();
    private int madeCount;
    private long dataBytes;
    private long doneLength;
    private long totalLength;

    public ImageImport(Store store, SourceFile file, ProgressListener listener) {
        this.store = store;
        this.file = file;
        this.listener = listener;
        this.records = new ForeignRecords(store);
    }

    /**
     * What was made.
     *
     * @param image           it has its name
     * @param dataBytes       of pages in the new layers; 0 where the parent says it all
     * @param knownLayerCount layers that an earlier import of the same files had made
     */
    public record Outcome(ImageManifest image, long dataBytes, int knownLayerCount) {}

    /**
     * @param parentOrNull image that the source is a later version of; then the source becomes one layer on top of it,
     *                     with whatever parents it has
     * @throws ImportException                       if the source is no disk
     * @throws io.varve.daemon.store.StoreException if the name is taken, or there is no such parent
     * @throws InterruptedException                  if the thread was interrupted; the next run continues
     */
    public Outcome run(ImageName image, ImageName parentOrNull) throws IOException, InterruptedException {
        store.requireFree(image);
        try (ImportSource source = ImportSource.open(store.space(), file)) {
            return run(source, image, parentOrNull);
        } catch (IOException | RuntimeException e) {
            deleteWhatWasMade(e);
            throw e;
        }
    }

    private Outcome run(ImportSource source, ImageName image, ImageName parentOrNull)
            throws IOException, InterruptedException {
        // From before the first page until the name stands, or what is written here, or what it stands on and has just
        // been replaced, could be taken for garbage.
        try (FileLocks.Lock writing = store.lockForWriting()) {
            List<LayerId> layers = new ArrayList<>();
            int knownCount = 0;
            if (parentOrNull == null) {
                knownCount = importFiles(source, layers);
            } else {
                layers.addAll(store.image(parentOrNull).chain());
                totalLength = source.disk(0).size();
                addLayer(ImportPart.whole(source), layers);
            }
            ImageManifest manifest = new ImageManifest(source.disk(0).size(), layers, Instant.now(),
                    source.path().getFileName().toString(), parentOrNull == null ? null : parentOrNull.toString());
            store.publish(image, manifest);
            return new Outcome(manifest, dataBytes, knownCount);
        }
    }

    /**
     * Base first, from the first file on that the store does not know.
     *
     * @return layers that were there
     */
    private int importFiles(ImportSource source, List<LayerId> layers) throws IOException, InterruptedException {
        int level = 0;
        while (level < source.levelCount() && !isKnown(source, level, layers)) {
            totalLength += source.disk(level).size();
            level++;
        }
        int knownCount = layers.size();
        while (level > 0) {
            level--;
            addLayer(ImportPart.file(source, level), layers);
            if (source.isRepeatable(level)) {
                List<String> identities = source.identities(level);
                records.note(identities, layers);
                noted.add(identities);
            }
        }
        source.requireUnchanged();
        return knownCount;
    }

    private boolean isKnown(ImportSource source, int level, List<LayerId> layers) throws IOException {
        // A raw file is read when somebody names it: reading is cheap, and its time is all that tells of a change.
        boolean plain = source.levelCount() == 1 && source.isRaw(0);
        if (plain || !source.isRepeatable(level)) {
            return false;
        }
        Optional<List<LayerId>> known = records.find(source.identities(level));
        known.ifPresent(layers::addAll);
        return known.isPresent();
    }

    private void addLayer(ImportPart part, List<LayerId> layers) throws IOException, InterruptedException {
        ImportResult result = makeLayer(part, layers);
        madeCount++;
        doneLength += part.size();
        dataBytes += Pages.offset(result.manifest().dataPageCount());
        if (result.manifest().extentCount() > 0) {
            layers.add(result.layer());
        }
    }

    private ImportResult makeLayer(ImportPart part, List<LayerId> below) throws IOException, InterruptedException {
        if (below.isEmpty()) {
            return job(part, null).run();
        }
        // Seen at the new size, because layers further down may say something behind the end of a parent that was
        // smaller than they are.
        try (Chain parent = store.openChain(below, part.size())) {
            return job(part, parent).run();
        }
    }

    private ImportJob job(ImportPart part, Chain parentOrNull) {
        long before = doneLength;
        return new ImportJob(store.space(), store.layout().layers(), part, parentOrNull,
                (done, total, rate) -> listener.onProgress(before + done, totalLength, rate));
    }

    /** Layers of parents that were finished before a child failed; an interrupted import keeps them and goes on. */
    private void deleteWhatWasMade(Exception cause) {
        if (madeCount == 0) {
            return;
        }
        try {
            for (List<String> identities : noted) {
                records.forget(identities);
            }
            store.deleteUnneededLayers();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
