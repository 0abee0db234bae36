package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How far a layer that is being written is durable. Written after what it speaks of was synced, so that an
 * interrupted job goes on from there.
 *
 * <p>The file: magic, which holds the version, then a CRC32C of the rest, then the fields as longs, little-endian, in
 * the order of the two records. A file that is not like that is as good as none.
 *
 * <p>Immutable.
 *
 * @param size          bytes of the disk
 * @param nextPage      first page of the disk that the files say nothing about
 * @param blobPageCount pages in the blob, a whole number of segments
 * @param crcPrefix     {@link TableWriter#prefixCrc} of the table of page checksums
 * @param chunkPrefix   the same of the table of chunk digests
 */
record Progress(long size, long nextPage, long blobPageCount, int crcPrefix, int chunkPrefix, MapWriter.State map) {

    private static final long MAGIC = 0x5652_5052_4f47_3031L;
    private static final int CRC_OFFSET = 8;
    private static final int FIELDS_OFFSET = 16;
    private static final int FIELD_COUNT = 13;
    private static final int LENGTH = FIELDS_OFFSET + FIELD_COUNT * Long.BYTES;

    /** Replaces the file in one step. Not durable by itself: an older progress is true as well. */
    void write(FileSpace space, Path file) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
        long[] fields = {size, nextPage, blobPageCount, crcPrefix, chunkPrefix, map.entryCount(), map.prefixCrc(),
            map.open().kind(), map.open().pageIndex(), map.open().pageCount(), map.open().blobPage(),
            map.dataPageCount(), map.zeroPageCount()};
        buffer.putLong(0, MAGIC, LITTLE_ENDIAN);
        for (int i = 0; i < FIELD_COUNT; i++) {
            buffer.putLong(FIELDS_OFFSET + i * Long.BYTES, fields[i], LITTLE_ENDIAN);
        }
        buffer.putInt(CRC_OFFSET, Crc32c.of(buffer, FIELDS_OFFSET, LENGTH - FIELDS_OFFSET), LITTLE_ENDIAN);
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        space.delete(fresh);
        try (BlockFile open = space.open(fresh, OpenMode.CREATE_NEW)) {
            open.write(0, buffer, 0, LENGTH);
            open.sync();
        }
        space.rename(fresh, file);
    }

    /** Null if there is none that can be believed; then the job begins anew. */
    static Progress readOrNull(FileSpace space, Path file) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
        try (BlockFile open = space.open(file, OpenMode.READ)) {
            if (open.size() != LENGTH) {
                return null;
            }
            open.read(0, buffer, 0, LENGTH);
        } catch (NoSuchFileException e) {
            return null;
        }
        if (buffer.getLong(0, LITTLE_ENDIAN) != MAGIC
                || buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN)
                        != Crc32c.of(buffer, FIELDS_OFFSET, LENGTH - FIELDS_OFFSET)) {
            return null;
        }
        long[] f = new long[FIELD_COUNT];
        for (int i = 0; i < FIELD_COUNT; i++) {
            f[i] = buffer.getLong(FIELDS_OFFSET + i * Long.BYTES, LITTLE_ENDIAN);
        }
        return new Progress(f[0], f[1], f[2], (int) f[3], (int) f[4],
                new MapWriter.State(f[5], (int) f[6],
                        new MapWriter.OpenExtent((int) f[7], f[8], (int) f[9], f[10]), f[11], f[12]));
    }
}
