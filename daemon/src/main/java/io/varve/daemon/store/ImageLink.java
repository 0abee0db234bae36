package io.varve.daemon.store;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Serves somebody's own image file as an image of the store, without importing it.
 *
 * <p>Immutable.
 *
 * @param image       its name in the store
 * @param file        with its parents, if it has any; all of them must stay as they are
 * @param format      null to tell by the file's own mark
 * @param directories below which parents may lie; empty: that of the file
 * @param imported    whether sealed layers take its place, made in the background while it is served
 */
public record ImageLink(ImageName image, Path file, ImageFormat format, List<Path> directories, boolean imported) {

    public ImageLink {
        file = file.toAbsolutePath().normalize();
        directories = directories.isEmpty() ? List.of(file.getParent())
                : directories.stream().map(directory -> directory.toAbsolutePath().normalize()).toList();
    }

    /**
     * Gives the image its name, durable at return. Linking the same files again changes nothing.
     *
     * @throws StoreException if another image has the name, or a file is another one than when it was linked first
     */
    public ImageManifest publish(Store store) throws IOException {
        try (FileLocks.Lock writing = store.lockForWriting()) {
            LinkedImage linked = store.linkedLayers().link(file, format, directories);
            requireUnchanged(store);
            ImageManifest manifest =
                    new ImageManifest(linked.size(), List.of(linked.id()), Instant.now(), file.toString(), null);
            store.publish(image, manifest);
            if (imported) {
                store.linkedLayers().importInBackground(linked.id());
            }
            return manifest;
        }
    }

    /** A better answer than that the name is taken. */
    private void requireUnchanged(Store store) throws IOException {
        if (!store.contains(image)) {
            return;
        }
        List<LayerId> noted = store.notedChain(image);
        if (noted.size() == 1 && store.linkedLayers().contains(noted.get(0))) {
            Optional<LinkedImage> linked = store.linkedLayers().imageFile(noted.get(0));
            if (linked.isPresent()) {
                linked.get().requireUnchanged(store.space());
            }
        }
    }
}
