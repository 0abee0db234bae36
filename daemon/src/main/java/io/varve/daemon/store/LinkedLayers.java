package io.varve.daemon.store;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.remote.DiskManifest;
import io.varve.daemon.remote.ManifestSource;
import io.varve.shim.file.LockKind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * Image files that are served in place, and disks on other machines: {@code linked/LAYER.json} says where they are. To
 * everybody else they are layers whose pages carry no checksums.
 *
 * <p>Thread-safe because it keeps nothing.
 */
final class LinkedLayers implements FrozenLayer.Finder {

    private static final String MARK_SUFFIX = ".import";
    private static final String CACHE_SUFFIX = ".cache";
    private static final String MANIFEST_SUFFIX = ".manifest";

    private final FileSpace space;
    private final StoreLayout layout;
    private final SmallFiles files;
    private final RemoteSources remotes;

    LinkedLayers(FileSpace space, StoreLayout layout, RemoteSources remotes) {
        this.space = space;
        this.layout = layout;
        this.files = new SmallFiles(space);
        this.remotes = remotes;
    }

    boolean contains(LayerId id) {
        return space.exists(layout.linked(id));
    }

    /** Whether the daemon shall make sealed layers of it, while it serves it. */
    boolean isToBeImported(LayerId id) {
        return space.exists(mark(id));
    }

    /** From now on, also after a restart. */
    void importInBackground(LayerId id) throws IOException {
        try {
            space.open(mark(id), OpenMode.CREATE_NEW).close();
            space.syncDirectory(layout.linked());
        } catch (FileAlreadyExistsException e) {
            // It was asked for before.
        }
    }

    /** The file that says which layer it is, of one that belongs to it. */
    static Path owner(Path file) {
        String name = file.getFileName().toString();
        for (String suffix : List.of(MARK_SUFFIX, CACHE_SUFFIX, MANIFEST_SUFFIX)) {
            if (name.endsWith(suffix)) {
                return file.resolveSibling(name.substring(0, name.length() - suffix.length()) + LinkedImage.SUFFIX);
            }
        }
        return file;
    }

    private Path mark(LayerId id) {
        return layout.linked().resolve(id.hex() + MARK_SUFFIX);
    }

    /**
     * What the layer is, if it is an image file; empty for a disk on another machine.
     *
     * @throws NoSuchFileException if there is no such layer
     */
    Optional<LinkedImage> imageFile(LayerId id) throws IOException {
        JsonDocument document = document(id);
        return RemoteImage.describes(document) ? Optional.empty() : Optional.of(LinkedImage.parse(document, id));
    }

    /**
     * What the layer is, if it is a disk on other machines; empty for an image file.
     *
     * @throws NoSuchFileException if there is no such layer
     */
    Optional<RemoteImage> remote(LayerId id) throws IOException {
        JsonDocument document = document(id);
        return RemoteImage.describes(document) ? Optional.of(RemoteImage.parse(document, id)) : Optional.empty();
    }

    /** Bytes of the disk. */
    long size(LayerId id) throws IOException {
        JsonDocument document = document(id);
        return RemoteImage.describes(document)
                ? RemoteImage.parse(document, id).identity().size()
                : LinkedImage.parse(document, id).size();
    }

    /** Of each disk on other machines that this process has read. */
    List<RemoteStatus> remoteStatus(Function<LayerId, List<ImageName>> images) {
        return remotes.status(images);
    }

    private JsonDocument document(LayerId id) throws IOException {
        Path file = layout.linked(id);
        return JsonDocument.parse(file.toString(), files.read(file, LinkedImage.MAX_FILE_LENGTH));
    }

    /**
     * Makes a layer of a file and its parents, durable at return. The caller holds the lock of those who write layers,
     * until an image names the layer.
     *
     * @param format null to tell by the file's own mark
     */
    LinkedImage link(Path file, ImageFormat format, List<Path> directories) throws IOException {
        LinkedImage image;
        try (LinkedDisk disk = LinkedDisk.open(space, file, format, directories)) {
            if (disk.size() < 1 || disk.size() > ImageManifest.MAX_SIZE) {
                throw new StoreException("image file " + file + " is a disk of " + disk.size() + " bytes: 1 to "
                        + ImageManifest.MAX_SIZE + " can be served");
            }
            image = new LinkedImage(disk.format(), directories, disk.size(), disk.stamps(), disk.merge());
        }
        if (!contains(image.id())) {
            write(image.id(), image.toJson());
        }
        return image;
    }

    /** The same of a disk on other machines. Mirrors and limits may be others than before. */
    void link(RemoteImage image) throws IOException {
        write(image.id(), image.toJson());
    }

    /**
     * The same of one that a manifest belongs to, which is checked and kept.
     *
     * @param image by the id of the manifest
     */
    RemoteImage link(ManifestSource manifest, Function<String, RemoteImage> image, long diskSize) throws IOException {
        makeDirectory();
        // Of no layer: who deletes what nobody needs finds what a killed process has left.
        Path fresh = layout.linked().resolve("manifest-" + UUID.randomUUID());
        try {
            RemoteImage found;
            try (BlockFile file = space.open(fresh, OpenMode.CREATE_NEW)) {
                found = image.apply(DiskManifest.copy(manifest, diskSize, file));
            }
            space.rename(fresh, manifestFile(found.id()));
            space.syncDirectory(layout.linked());
            link(found);
            return found;
        } finally {
            space.delete(fresh);
        }
    }

    private Path manifestFile(LayerId id) {
        return layout.linked().resolve(id.hex() + MANIFEST_SUFFIX);
    }

    private void write(LayerId id, byte[] document) throws IOException {
        makeDirectory();
        files.replace(layout.linked(id), document);
    }

    private void makeDirectory() throws IOException {
        Path directory = layout.linked();
        if (!space.exists(directory)) {
            space.createDirectories(directory);
            space.syncDirectory(directory.getParent());
        }
    }

    /** Locked shared until it is closed, so that nobody removes it. */
    @Override
    public FrozenLayer find(LayerId id) throws IOException {
        FileLocks.Lock lock;
        try {
            lock = space.tryLock(layout.linked(id), LockKind.SHARED);
        } catch (NoSuchFileException e) {
            return null;
        }
        if (lock == null) {
            throw new StoreException("layer " + layout.linked(id) + ": somebody is removing it: try again");
        }
        boolean done = false;
        try {
            JsonDocument document = document(id);
            FrozenLayer found = RemoteImage.describes(document)
                    ? openRemote(RemoteImage.parse(document, id), lock)
                    : openFile(LinkedImage.parse(document, id), lock);
            done = true;
            return found;
        } finally {
            if (!done) {
                lock.close();
            }
        }
    }

    private FrozenLayer openFile(LinkedImage image, FileLocks.Lock lock) throws IOException {
        image.requireUnchanged(space);
        LinkedDisk disk = LinkedDisk.open(space, image.file(), image.format(), image.directories());
        try {
            image.requireSame(space, disk);
        } catch (IOException e) {
            disk.close();
            throw e;
        }
        return new Linked(disk.size(), disk, disk, lock);
    }

    private FrozenLayer openRemote(RemoteImage image, FileLocks.Lock lock) throws IOException {
        LayerId id = image.id();
        RemoteSources.Use use = remotes.open(
                id, image, layout.linked().resolve(id.hex() + CACHE_SUFFIX), manifestFile(id));
        return new Linked(image.identity().size(), use.source(), use, lock);
    }

    /** Owned by the chain that opened it. */
    private record Linked(long size, BlockSource data, Closeable open, FileLocks.Lock lock) implements FrozenLayer {

        @Override
        public ExtentList extents(int blobIndex) {
            return new WholeDisk(Pages.count(size), blobIndex);
        }

        @Override
        public void close() throws IOException {
            try (lock) {
                open.close();
            }
        }
    }

    /** Every page, at its own offset: what is zero is only known by reading. Immutable. */
    private record WholeDisk(long pages, int blobIndex) implements ExtentList {

        @Override
        public int extentCount() {
            return 1;
        }

        @Override
        public long pageIndex(int extent) {
            return 0;
        }

        @Override
        public long pageCount(int extent) {
            return pages;
        }

        @Override
        public int kind(int extent) {
            return Run.DATA;
        }

        @Override
        public int blobIndex(int extent) {
            return blobIndex;
        }

        @Override
        public long blobPage(int extent) {
            return 0;
        }
    }
}
