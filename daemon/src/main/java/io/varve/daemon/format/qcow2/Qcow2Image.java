package io.varve.daemon.format.qcow2;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.TableCache;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.Optional;
import org.agrona.MutableDirectBuffer;

/**
 * An image of QEMU; see the package description.
 *
 * <p>Thread-safe because it keeps nothing that changes but caches that are thread-safe.
 */
public final class Qcow2Image implements ForeignImage {

    /** 4 MiB: enough for the tables of 32 GiB in clusters of 64 KiB. */
    private static final int TABLE_SLOTS = 1024;

    private final BlockFile file;
    private final long end;
    private final Qcow2Layout layout;
    private final Optional<ParentLink> parent;
    private final ClusterTables tables;
    private final DecodedClusters decoded;

    /**
     * @param file closed by {@link #close}, and by the caller if this fails
     * @throws CorruptDataException if it is no qcow2 image, or a damaged one
     * @throws io.varve.daemon.format.UnsupportedImageException if it uses what is not read here
     */
    public Qcow2Image(BlockFile file) throws IOException {
        this.file = file;
        end = file.size();
        HeaderReader header = new HeaderReader(file, end);
        layout = header.layout();
        parent = header.parent(layout);
        tables = new ClusterTables(file.name(), layout, new TableCache(file, end, TABLE_SLOTS), end);
        decoded = new DecodedClusters(file, end, layout);
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public ImageFormat format() {
        return ImageFormat.QCOW2;
    }

    @Override
    public long size() {
        return layout.size();
    }

    @Override
    public boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        return tables.locate(offset, maxLength, piece, mayWait);
    }

    @Override
    public void readEncoded(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int inCluster = (int) (offset + done) & layout.clusterLength() - 1;
            int count = Math.min(length - done, layout.clusterLength() - inCluster);
            decoded.read(tables.compressedEntry(offset + done), inCluster, destination, index + done, count);
            done += count;
        }
    }

    @Override
    public void requireSoundTables() throws IOException {
        new ClusterClaims(file, layout, tables, end).check();
    }

    @Override
    public BlockFile file() {
        return file;
    }

    @Override
    public Optional<ParentLink> parent() {
        return parent;
    }

    /** The format has none. */
    @Override
    public Optional<String> id() {
        return Optional.empty();
    }

    /** Nobody reads any more. */
    @Override
    public void close() throws IOException {
        try {
            decoded.close();
        } finally {
            file.close();
        }
    }
}
