package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockFile.Advice;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.TruncatedFileException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The file or block device that an import reads, which must stay as it is meanwhile.
 *
 * <p>Owned by the thread that runs the job.
 */
final class RawSource implements AutoCloseable {

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_BLOCK_DEVICE = 0060000;

    private final Path path;
    private final BlockFile file;
    private final long size;
    private final boolean regular;
    private final FileTime modified;

    private RawSource(Path path, BlockFile file, long size, boolean regular, FileTime modified) {
        this.path = path;
        this.file = file;
        this.size = size;
        this.regular = regular;
        this.modified = modified;
    }

    /** @throws ImportException if it is not a disk that can be read */
    static RawSource open(FileSpace space, Path path, SourceFormat format) throws IOException {
        BlockFile file = null;
        RawSource source = null;
        try {
            int type = (int) Files.getAttribute(path, "unix:mode") & TYPE_MASK;
            if (type != TYPE_REGULAR && type != TYPE_BLOCK_DEVICE) {
                throw new ImportException(path + " is " + (Files.isDirectory(path) ? "a directory" : "a special file")
                        + ", not a file or block device: name the image itself");
            }
            FileTime modified = Files.getLastModifiedTime(path);
            file = space.open(path, OpenMode.READ);
            source = new RawSource(path, file, file.size(), type == TYPE_REGULAR, modified);
            source.requireDisk(format);
            file.advise(Advice.SEQUENTIAL, 0, source.size);
            return source;
        } catch (NoSuchFileException e) {
            throw new ImportException("there is no file " + path, e);
        } catch (AccessDeniedException e) {
            throw new ImportException(path + " cannot be read: permission denied", e);
        } catch (IOException | RuntimeException e) {
            source = null;
            throw e;
        } finally {
            if (source == null && file != null) {
                file.close();
            }
        }
    }

    private void requireDisk(SourceFormat format) throws IOException {
        if (size == 0) {
            throw new ImportException(path + (regular ? " is empty" : " is a device of size 0")
                    + ": there is nothing to import");
        }
        if (format == SourceFormat.RAW) {
            return;
        }
        int length = (int) Math.min(size, ForeignFormat.LOOKED_AT);
        UnsafeBuffer bytes = Buffers.alignedDirect(ForeignFormat.LOOKED_AT);
        file.read(0, bytes, 0, length);
        ForeignFormat foreign = ForeignFormat.ofFirstBytes(bytes, length);
        if (foreign == null) {
            file.read(size - length, bytes, 0, length);
            foreign = ForeignFormat.ofLastBytes(bytes, length);
        }
        if (foreign != null) {
            throw new ImportException(path + " is " + foreign.explanation());
        }
    }

    /** Bytes. */
    long size() {
        return size;
    }

    /**
     * Whether the file says when it changed: then a later run may go on where this one ends. A device does not.
     */
    boolean isRepeatable() {
        return regular;
    }

    /** Stands for the content: two sources of the same identity have the same bytes. */
    String identity() throws IOException {
        return path.toRealPath() + "\n" + size + "\n" + modified + "\n" + Files.getAttribute(path, "unix:ino");
    }

    long nextData(long offset) throws IOException {
        return file.nextData(offset);
    }

    long nextHole(long offset) throws IOException {
        return file.nextHole(offset);
    }

    void read(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        try {
            file.read(offset, destination, index, length);
        } catch (TruncatedFileException e) {
            throw changed(e);
        }
    }

    /** To be asked at the end. */
    void requireUnchanged() throws IOException {
        if (file.size() != size || regular && !Files.getLastModifiedTime(path).equals(modified)) {
            throw changed(null);
        }
    }

    private ImportException changed(Throwable cause) {
        return new ImportException(path + " changed while it was read: stop what writes to it and import again", cause);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
