package io.varve.daemon.format.raw;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.Optional;

/**
 * A file that is the disk, byte for byte. Holes of the file are zeros.
 *
 * <p>Thread-safe because it keeps nothing that changes.
 */
public final class RawImage implements ForeignImage {

    private final BlockFile file;
    private final long size;

    /** @param file closed by {@link #close}, and by the caller if this fails */
    public RawImage(BlockFile file) throws IOException {
        this.file = file;
        this.size = file.size();
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public ImageFormat format() {
        return ImageFormat.RAW;
    }

    @Override
    public long size() {
        return size;
    }

    /** What is a hole is only looked for by who may wait: it is for those who skip them. */
    @Override
    public boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        if (!mayWait) {
            piece.setData(maxLength, offset);
            return true;
        }
        long end = offset + maxLength;
        long data = file.nextData(offset);
        if (data > offset) {
            piece.setZero(Math.min(end, data) - offset);
        } else {
            piece.setData(Math.min(end, Math.max(file.nextHole(offset), offset + 1)) - offset, offset);
        }
        return true;
    }

    @Override
    public BlockFile file() {
        return file;
    }

    @Override
    public Optional<ParentLink> parent() {
        return Optional.empty();
    }

    @Override
    public Optional<String> id() {
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
