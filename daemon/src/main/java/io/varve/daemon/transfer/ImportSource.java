package io.varve.daemon.transfer;

import io.varve.daemon.format.FileStamp;
import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageProbe;
import io.varve.daemon.format.OtherFormat;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockFile.Advice;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.transfer.qemu.OtherFile;
import io.varve.daemon.transfer.qemu.QemuException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The file or block device that an import reads, and its parents: all of them must stay as they are meanwhile.
 *
 * <p>Owned by the thread that runs the job.
 */
public final class ImportSource implements AutoCloseable {

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_BLOCK_DEVICE = 0060000;

    private final Path path;
    private final ImageChain chain;
    private final List<FileStamp> stamps;
    private final long[] fileSizes;
    private final boolean isServed;

    /** @param isServed whether another program reads the file */
    private ImportSource(Path path, ImageOpener.Opened opened, long[] fileSizes, boolean isServed) {
        this.path = path;
        this.isServed = isServed;
        this.chain = opened.chain();
        this.stamps = opened.stamps();
        this.fileSizes = fileSizes;
    }

    /**
     * @throws ImportException                        if it is not a disk that can be read
     * @throws io.varve.daemon.format.ParentException if a parent cannot be used
     */
    public static ImportSource open(FileSpace space, SourceFile source) throws IOException {
        Path path = source.path();
        ImageOpener.Opened opened = null;
        boolean done = false;
        try {
            Optional<OtherFormat> other = otherFormat(space, source);
            opened = other.isPresent()
                    ? openServed(space, source, other.get())
                    : new ImageOpener(space, source.reader(), source.parentDirectories())
                            .open(path, source.format().said());
            ImportSource open = new ImportSource(path, opened, fileSizes(opened.chain()), other.isPresent());
            open.requireSize();
            for (ForeignImage image : opened.chain().images()) {
                image.requireSoundTables();
            }
            done = true;
            return open;
        } catch (NoSuchFileException e) {
            throw new ImportException("there is no file " + e.getFile(), e);
        } catch (AccessDeniedException e) {
            throw new ImportException(e.getFile() + " cannot be read: permission denied", e);
        } catch (QemuException e) {
            throw new ImportException(e.getMessage(), e);
        } catch (CorruptDataException | UnsupportedImageException e) {
            throw source.format() == SourceFormat.AUTO
                    ? new ImportException(e.getMessage() + "; or say --format raw to import the bytes of " + path
                            + " as they are", e)
                    : e;
        } finally {
            if (!done && opened != null) {
                opened.chain().close();
            }
        }
    }

    /** @return what is read through QEMU; empty if it is read here */
    private static Optional<OtherFormat> otherFormat(FileSpace space, SourceFile source) throws IOException {
        Path path = source.path();
        int type = (int) Files.getAttribute(path, "unix:mode") & TYPE_MASK;
        if (type != TYPE_REGULAR && type != TYPE_BLOCK_DEVICE) {
            throw new ImportException(path + " is " + (Files.isDirectory(path) ? "a directory" : "a special file")
                    + ", not a file or block device: name the image itself");
        }
        try (BlockFile file = space.open(path, OpenMode.READ)) {
            long size = file.size();
            if (size == 0) {
                throw new ImportException(path + (type == TYPE_REGULAR ? " is empty" : " is a device of size 0")
                        + ": there is nothing to import");
            }
            if (source.format() != SourceFormat.AUTO) {
                return source.format().other();
            }
            int length = (int) Math.min(size, PackedFormat.LOOKED_AT);
            UnsafeBuffer bytes = Buffers.alignedDirect(PackedFormat.LOOKED_AT);
            file.read(0, bytes, 0, length);
            PackedFormat packed = PackedFormat.ofFirstBytes(bytes, length);
            if (packed != null) {
                throw new ImportException(path + " is " + packed.explanation());
            }
            return ImageProbe.probe(file).isPresent() ? Optional.empty() : OtherFormat.probe(file);
        }
    }

    private static ImageOpener.Opened openServed(FileSpace space, SourceFile source, OtherFormat format)
            throws IOException {
        FileStamp stamp = FileStamp.of(source.path());
        OtherFile file = new OtherFile(
                source.path(), format, source.format() != SourceFormat.AUTO, source.parentDirectories());
        ForeignImage image = source.qemu().open(space, file);
        return new ImageOpener.Opened(new ImageChain(List.of(image)), List.of(stamp), Optional.empty());
    }

    private static long[] fileSizes(ImageChain chain) throws IOException {
        long[] sizes = new long[chain.images().size()];
        for (int i = 0; i < sizes.length; i++) {
            BlockFile file = chain.images().get(i).file();
            sizes[i] = file.size();
            file.advise(Advice.SEQUENTIAL, 0, sizes[i]);
        }
        return sizes;
    }

    private void requireSize() throws ImportException {
        for (ForeignImage image : chain.images()) {
            if (image.size() < 1 || image.size() > ImageManifest.MAX_SIZE) {
                throw new ImportException(image.name() + " is a disk of " + image.size() + " bytes: 1 to "
                        + ImageManifest.MAX_SIZE + " can be imported");
            }
        }
    }

    public Path path() {
        return path;
    }

    /** The file itself is the first level, its parent the next. */
    public int levelCount() {
        return stamps.size();
    }

    /** What the file of a level is, with all that is below it. */
    ImageChain disk(int level) {
        return chain.from(level);
    }

    /** Whether it is a disk byte for byte. */
    boolean isRaw(int level) {
        return chain.images().get(level).format() == ImageFormat.RAW;
    }

    /**
     * Whether the files say when they change: then what they became can be recognised. A device does not, and of what
     * another program reads not all files are known.
     */
    boolean isRepeatable(int level) {
        return !isServed && stamps.subList(level, stamps.size()).stream().allMatch(FileStamp::showsChanges);
    }

    /** Stands for the content, file by file. */
    List<String> identities(int level) {
        return FileIdentity.of(chain, stamps, level);
    }

    /** To be asked at the end. */
    void requireUnchanged() throws IOException {
        for (int i = 0; i < fileSizes.length; i++) {
            BlockFile file = chain.images().get(i).file();
            if (!stamps.get(i).isCurrent() || file.size() != fileSizes[i]) {
                throw new ImportException(file.name() + " changed while it was read: stop what writes to it and "
                        + "import again");
            }
        }
    }

    @Override
    public void close() throws IOException {
        chain.close();
    }
}
