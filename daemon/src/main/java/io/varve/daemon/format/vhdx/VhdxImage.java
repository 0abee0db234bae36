package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.TableCache;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.vhdx.RegionTable.Region;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A VHDX file: fixed, dynamic or differencing, read as if its log had been replayed.
 *
 * <p>Thread-safe because it keeps nothing that changes but the cache of tables.
 */
public final class VhdxImage implements ForeignImage {

    /** "vhdxfile". */
    static final long SIGNATURE = 0x656c696678646876L;

    /** 4 MiB: entries of 512 Ki blocks, or sector bitmaps of 16 GiB. */
    private static final int TABLE_BLOCKS = 1024;

    /**
     * Bytes, 256 TiB: no block lies behind, how long the file may be, or its log say that it is. So that going through
     * all tables takes a few rounds, and not one for each place in 2^63 bytes.
     */
    private static final long MAX_FILE_LENGTH = 4 * Geometry.MAX_SIZE;

    private final BlockFile file;
    private final long fileLength;
    private final UUID dataWriteGuid;
    private final Geometry geometry;
    private final BlockTable blocks;

    /**
     * Replays the log, if there is one, in memory: nothing is ever written.
     *
     * @param image closed by {@link #close}, and by the caller if this fails
     * @throws CorruptDataException      if the file is damaged
     * @throws UnsupportedImageException if it uses what is not read here
     */
    public VhdxImage(BlockFile image) throws IOException {
        UnsafeBuffer identifier = Structures.read(image, 0, Long.BYTES, "file identifier");
        if (identifier.getLong(0, ByteOrder.LITTLE_ENDIAN) != SIGNATURE) {
            throw new CorruptDataException(image.name(), 0, "it does not begin with the signature of a VHDX file");
        }
        Header header = Header.current(image);
        file = Log.replayed(image, header);
        fileLength = Math.min(file.size(), MAX_FILE_LENGTH);
        dataWriteGuid = header.dataWriteGuid();
        RegionTable regions = RegionTable.read(file);
        geometry = Geometry.read(file, new Metadata(file, regions.metadata()));
        Region region = regions.blockTable();
        long needed = geometry.entryCount() * Long.BYTES;
        if (needed > Math.min(region.length(), fileLength - region.position())) {
            throw new CorruptDataException(file.name(), region.position(), "the block table needs " + needed
                    + " bytes, its region has " + region.length() + " and the file " + fileLength);
        }
        blocks = new BlockTable(file.name(), new TableCache(file, fileLength, TABLE_BLOCKS), region.position(),
                geometry, Reserved.of(regions, header), fileLength);
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public ImageFormat format() {
        return ImageFormat.VHDX;
    }

    @Override
    public long size() {
        return geometry.size();
    }

    /** Bytes of a logical sector, 512 or 4096: nothing changes at finer steps. */
    public int sectorSize() {
        return 1 << geometry.sectorShift();
    }

    @Override
    public boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        return blocks.locate(offset, maxLength, piece, mayWait);
    }

    @Override
    public void requireSoundTables() throws IOException {
        blocks.requireSound(file);
    }

    /** As it is when the log has been replayed. */
    @Override
    public BlockFile file() {
        return file;
    }

    @Override
    public Optional<ParentLink> parent() {
        return geometry.parent();
    }

    /** DataWriteGuid of the header. */
    @Override
    public Optional<String> id() {
        return Optional.of(dataWriteGuid.toString());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
