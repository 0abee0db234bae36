package io.varve.daemon.store;

import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The names of images and what they stand for. A change is one atomic replacement, durable when the call returns.
 *
 * <p>Thread-safe because readers see whole files; whoever changes something holds the catalogue's lock.
 */
final class Catalogue {

    private final FileSpace space;
    private final SmallFiles files;
    private final StoreLayout layout;

    Catalogue(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.files = new SmallFiles(space);
        this.layout = layout;
    }

    /** Sorted by name, then tag. Files that are no manifests of ours are passed over. */
    List<ImageName> list() throws IOException {
        List<ImageName> images = new ArrayList<>();
        for (Path directory : space.list(layout.images())) {
            try {
                for (Path file : space.list(directory)) {
                    ImageName image = nameOf(directory, file);
                    if (image != null) {
                        images.add(image);
                    }
                }
            } catch (NotDirectoryException e) {
                // Somebody's file, none of ours.
            }
        }
        Collections.sort(images);
        return images;
    }

    /** @throws StoreException if there is no such image */
    ImageManifest read(ImageName image) throws IOException {
        Path file = layout.manifest(image);
        try {
            return ImageManifest.parse(file.toString(), image, files.read(file, ImageManifest.MAX_FILE_LENGTH));
        } catch (NoSuchFileException e) {
            throw unknown(image, e);
        }
    }

    boolean contains(ImageName image) {
        return space.exists(layout.manifest(image));
    }

    void write(ImageName image, ImageManifest manifest) throws IOException {
        Path file = layout.manifest(image);
        if (!space.exists(file.getParent())) {
            space.createDirectories(file.getParent());
            space.syncDirectory(layout.images());
        }
        files.replace(file, manifest.toJson(image));
    }

    /** The name first: a sequence without an image is never used. */
    void delete(ImageName image) throws IOException {
        Path file = layout.manifest(image);
        space.delete(file);
        space.delete(layout.sequence(image));
        space.delete(layout.pack(image));
        Trees.delete(space, layout.boots(image));
        space.syncDirectory(file.getParent());
    }

    StoreException unknown(ImageName image, Throwable cause) {
        return new StoreException("image " + image + ": not in the store " + layout.root()
                + ": 'varve images' lists what is there, 'varve import' adds to it", cause);
    }

    private static ImageName nameOf(Path directory, Path file) {
        String fileName = file.getFileName().toString();
        if (!fileName.endsWith(StoreLayout.MANIFEST_SUFFIX)) {
            return null;
        }
        String tag = fileName.substring(0, fileName.length() - StoreLayout.MANIFEST_SUFFIX.length());
        try {
            return new ImageName(Names.decode(directory.getFileName().toString()), tag);
        } catch (NameException e) {
            return null;
        }
    }
}
