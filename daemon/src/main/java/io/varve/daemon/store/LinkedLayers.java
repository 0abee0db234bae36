package io.varve.daemon.store;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Image files that are served in place: {@code linked/LAYER.json} says where the files are. To everybody else they are
 * layers whose pages carry no checksums.
 *
 * <p>Thread-safe because it keeps nothing.
 */
final class LinkedLayers implements FrozenLayer.Finder {

    private static final String MARK_SUFFIX = ".import";

    private final FileSpace space;
    private final StoreLayout layout;
    private final SmallFiles files;

    LinkedLayers(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.layout = layout;
        this.files = new SmallFiles(space);
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
        return name.endsWith(MARK_SUFFIX)
                ? file.resolveSibling(name.substring(0, name.length() - MARK_SUFFIX.length()) + LinkedImage.SUFFIX)
                : file;
    }

    private Path mark(LayerId id) {
        return layout.linked().resolve(id.hex() + MARK_SUFFIX);
    }

    /** @throws NoSuchFileException if there is no such layer */
    LinkedImage read(LayerId id) throws IOException {
        Path file = layout.linked(id);
        return LinkedImage.parse(file.toString(), id, files.read(file, LinkedImage.MAX_FILE_LENGTH));
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
            Path directory = layout.linked();
            if (!space.exists(directory)) {
                space.createDirectories(directory);
                space.syncDirectory(directory.getParent());
            }
            files.replace(layout.linked(image.id()), image.toJson());
        }
        return image;
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
        LinkedDisk disk = null;
        boolean done = false;
        try {
            LinkedImage image = read(id);
            image.requireUnchanged(space);
            disk = LinkedDisk.open(space, image.file(), image.format(), image.directories());
            image.requireSame(space, disk);
            done = true;
            return new Linked(disk, lock);
        } finally {
            if (!done) {
                lock.close();
            }
            if (!done && disk != null) {
                disk.close();
            }
        }
    }

    /** Owned by the chain that opened it. */
    private record Linked(LinkedDisk disk, FileLocks.Lock lock) implements FrozenLayer {

        @Override
        public ExtentList extents(int blobIndex) {
            return new WholeDisk(Pages.count(disk.size()), blobIndex);
        }

        @Override
        public BlockSource data() {
            return disk;
        }

        @Override
        public void close() throws IOException {
            try (lock) {
                disk.close();
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
