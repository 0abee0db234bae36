package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes an image of a file: a layer by {@link ImportJob}, and then a name for it.
 *
 * <p>Owned by the thread that runs it.
 */
public final class ImageImport {

    private final Store store;
    private final Path source;
    private final SourceFormat format;
    private final ProgressListener listener;

    public ImageImport(Store store, Path source, SourceFormat format, ProgressListener listener) {
        this.store = store;
        this.source = source;
        this.format = format;
        this.listener = listener;
    }

    /**
     * What was made.
     *
     * @param image     it has its name
     * @param dataBytes of pages in the new layer; 0 where the parent says it all
     */
    public record Outcome(ImageManifest image, long dataBytes) {}

    /**
     * @param parentOrNull image that the source is a later version of
     * @throws ImportException                       if the source is no disk
     * @throws io.varve.daemon.store.StoreException if the name is taken, or there is no such parent
     * @throws InterruptedException                  if the thread was interrupted; the next run continues
     */
    public Outcome run(ImageName image, ImageName parentOrNull) throws IOException, InterruptedException {
        store.requireFree(image);
        // From before the first page until the name stands, or what is written here, or what it stands on and has just
        // been replaced, could be taken for garbage.
        try (FileLocks.Lock writing = store.lockForWriting()) {
            List<LayerId> layers = new ArrayList<>();
            if (parentOrNull != null) {
                layers.addAll(store.image(parentOrNull).chain());
            }
            ImportResult made = makeLayer(layers);
            if (made.manifest().extentCount() > 0) {
                layers.add(made.layer());
            }
            ImageManifest manifest = new ImageManifest(made.manifest().size(), layers, Instant.now(),
                    source.getFileName().toString(), parentOrNull == null ? null : parentOrNull.toString());
            store.publish(image, manifest);
            return new Outcome(manifest, Pages.offset(made.manifest().dataPageCount()));
        }
    }

    private ImportResult makeLayer(List<LayerId> below) throws IOException, InterruptedException {
        if (below.isEmpty()) {
            return job(null).run();
        }
        // Seen at the new size, because layers further down may say something behind the end of a parent that was
        // smaller than they are.
        try (Chain parent = store.openChain(below, sourceSize())) {
            return job(parent).run();
        }
    }

    private ImportJob job(Chain parentOrNull) {
        return new ImportJob(store.space(), store.layout().layers(), source, format, parentOrNull, listener);
    }

    /** At least 1: what cannot be imported is refused by the job. */
    private long sourceSize() {
        try (BlockFile file = store.space().open(source, OpenMode.READ)) {
            return Math.max(1, file.size());
        } catch (IOException e) {
            return 1;
        }
    }
}
