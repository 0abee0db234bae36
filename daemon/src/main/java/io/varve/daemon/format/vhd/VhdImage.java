package io.varve.daemon.format.vhd;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * A VHD, read: fixed, dynamic or differencing. Opening it costs a handful of small reads, whatever its size.
 *
 * <p>Thread-safe because it keeps nothing that changes, and {@link BlockTable} is.
 */
public final class VhdImage implements ForeignImage {

    /** Bytes. The format knows no other sector. */
    static final int SECTOR_LENGTH = 512;
    static final int SECTOR_SHIFT = 9;

    private final BlockFile file;
    private final long size;
    private final String id;
    private final long time;
    private final BlockTable blocks;
    private final ParentLink parent;

    /**
     * @param file closed by {@link #close}, and by the caller if this fails
     * @throws io.varve.daemon.io.CorruptDataException            if it is no sound VHD
     * @throws io.varve.daemon.format.UnsupportedImageException if it is of a later version or another type
     */
    public VhdImage(BlockFile file) throws IOException {
        this.file = file;
        VhdOpener opener = new VhdOpener(file);
        opener.open();
        VhdFooter footer = opener.footer();
        size = footer.size();
        id = footer.id().toString();
        time = footer.time();
        blocks = opener.header() == null ? null : new BlockTable(file, opener.layout());
        parent = footer.type() == VhdFooter.DIFFERENCING ? opener.parent() : null;
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public ImageFormat format() {
        return ImageFormat.VHD;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        if (blocks != null) {
            return blocks.locate(offset, maxLength, piece, mayWait);
        }
        piece.setData(maxLength, offset);
        return true;
    }

    @Override
    public void requireSoundTables() throws IOException {
        if (blocks != null) {
            blocks.requireSound(file);
        }
    }

    @Override
    public BlockFile file() {
        return file;
    }

    @Override
    public Optional<ParentLink> parent() {
        return Optional.ofNullable(parent);
    }

    @Override
    public Optional<String> id() {
        return Optional.of(id);
    }

    /** By the clock of who made it. */
    @Override
    public Optional<Instant> made() {
        return Optional.of(Instant.ofEpochSecond(time));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
