package io.varve.daemon.transfer;

import io.varve.daemon.format.FileStamp;
import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.vhd.VhdParent;
import io.varve.daemon.format.vhdx.VhdxImage;
import io.varve.daemon.format.vhdx.VhdxParent;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The file that a new one is to stand on, with its own parents: all of them must stay as they are meanwhile.
 *
 * <p>Owned by the thread that runs the job, but for the disk, which one other thread may read.
 */
final class ExportParent implements AutoCloseable {

    private static final int SECTOR_LENGTH = 512;

    private final ImageOpener.Opened opened;
    /** With symbolic links resolved. */
    private final Path path;

    private ExportParent(ImageOpener.Opened opened, Path path) {
        this.opened = opened;
        this.path = path;
    }

    /**
     * @param target that has a parent
     * @throws io.varve.daemon.format.ParentException if a parent of the parent cannot be used
     */
    static ExportParent open(FileSpace space, ExportTarget target) throws IOException {
        Path path = target.parent().orElseThrow();
        try {
            // Of the format that the new file has: one of another cannot be its parent.
            ImageOpener.Opened opened = new ImageOpener(space, ImageReader::ofAll, target.parentDirectories())
                    .open(path, Optional.of(target.format()));
            if (opened.merge().isPresent() && opened.merge().get().isUnderWay()) {
                opened.chain().close();
                throw new ExportException("a child is being merged into " + path + ", which has another id when that "
                        + "is done: let 'varve merge-file' come to its end first");
            }
            return new ExportParent(opened, path.toRealPath());
        } catch (NoSuchFileException e) {
            throw new ExportException("there is no file " + e.getFile() + " to be the parent", e);
        }
    }

    ImageChain disk() {
        return opened.chain();
    }

    private ForeignImage top() {
        return opened.chain().images().get(0);
    }

    /** Bytes: nothing of the new file is finer. */
    int sectorLength() {
        return top() instanceof VhdxImage image ? image.sectorSize() : SECTOR_LENGTH;
    }

    /** Of the file and its parents, from before they were opened. */
    List<FileStamp> stamps() {
        return opened.stamps();
    }

    /** Stands for the content. */
    List<String> identities() {
        return FileIdentity.of(opened.chain(), opened.stamps(), 0);
    }

    /** Whether it, or a parent of it, is a file. */
    boolean has(Path file) throws IOException {
        for (FileStamp stamp : opened.stamps()) {
            if (Files.isSameFile(stamp.path(), file)) {
                return true;
            }
        }
        return false;
    }

    /** @param child where the new file will be, with symbolic links resolved */
    VhdParent vhd(Path child) throws ExportException {
        try {
            return new VhdParent(UUID.fromString(top().id().orElseThrow()),
                    opened.stamps().get(0).modified().getEpochSecond(), relative(child), path.toString());
        } catch (IllegalArgumentException e) {
            throw new ExportException(e.getMessage() + ": rename it", e);
        }
    }

    /** As {@link #vhd}. */
    VhdxParent vhdx(Path child) throws ExportException {
        try {
            return new VhdxParent(UUID.fromString(top().id().orElseThrow()), relative(child), path.toString());
        } catch (IllegalArgumentException e) {
            throw new ExportException(e.getMessage() + ": rename it", e);
        }
    }

    private String relative(Path child) {
        return child.getParent().relativize(path).toString();
    }

    /** To be asked at the end. */
    void requireUnchanged() throws IOException {
        for (FileStamp stamp : opened.stamps()) {
            if (!stamp.isCurrent()) {
                throw new ExportException(stamp.path() + " changed while it was compared: stop what writes to it and "
                        + "export again");
            }
        }
    }

    @Override
    public void close() throws IOException {
        opened.chain().close();
    }
}
