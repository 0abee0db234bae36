package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Appends entries to a table. Memory: one segment, and 4 bytes for each segment before it.
 *
 * <p>Owned by the thread that writes the layer; {@link #sync} may run on another one.
 */
final class TableWriter implements AutoCloseable {

    private final BlockFile file;
    private final TableKind kind;
    /** Of all entries in full segments. */
    private final MessageDigest content = Sha256.digest();
    private final byte[] copy = new byte[TableHeader.SEGMENT_LENGTH];
    private final UnsafeBuffer segment = Buffers.alignedDirect(TableHeader.SEGMENT_LENGTH);
    private int filled;
    /** Bytes of the segment that the file has. */
    private int flushed;
    private int[] directory = new int[16];
    private int segmentCount;

    TableWriter(BlockFile file, TableKind kind) {
        this.file = file;
        this.kind = kind;
    }

    /** @param length bytes of whole entries */
    void append(DirectBuffer entries, int index, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int count = Math.min(length - done, TableHeader.SEGMENT_LENGTH - filled);
            segment.putBytes(filled, entries, index + done, count);
            filled += count;
            done += count;
            if (filled == TableHeader.SEGMENT_LENGTH) {
                flush();
                seal();
            }
        }
    }

    long entryCount() {
        return ((long) segmentCount * TableHeader.SEGMENT_LENGTH + filled) / kind.entryLength();
    }

    /** Gives all entries to the file; {@link #sync} makes them durable. */
    void flush() throws IOException {
        file.write(segmentPosition() + flushed, segment, flushed, filled - flushed);
        flushed = filled;
    }

    void sync() throws IOException {
        file.sync();
    }

    /** Tells whether a file still has the entries that it has now: see {@link #resume}. */
    int prefixCrc() {
        UnsafeBuffer crcs = Buffers.alignedDirect(Integer.BYTES * (segmentCount + 1));
        for (int i = 0; i < segmentCount; i++) {
            crcs.putInt(Integer.BYTES * i, directory[i], LITTLE_ENDIAN);
        }
        crcs.putInt(Integer.BYTES * segmentCount, Crc32c.of(segment, 0, filled), LITTLE_ENDIAN);
        return Crc32c.of(crcs, 0, crcs.capacity());
    }

    /**
     * Continues behind entries that the file already has. Only on a writer that has none yet.
     *
     * @throws CorruptDataException if they are not those that {@code prefixCrc} was taken of
     */
    void resume(long entryCount, int prefixCrc) throws IOException {
        long left = entryCount * kind.entryLength();
        if (left < 0 || left > 0 && TableHeader.LENGTH + left > file.size()) {
            throw new CorruptDataException(file.name(), file.size(), "it ends before entry " + entryCount);
        }
        while (left > 0) {
            filled = (int) Math.min(left, TableHeader.SEGMENT_LENGTH);
            file.read(segmentPosition(), segment, 0, filled);
            flushed = filled;
            left -= filled;
            if (filled == TableHeader.SEGMENT_LENGTH) {
                seal();
            }
        }
        if (prefixCrc() != prefixCrc) {
            throw new CorruptDataException(file.name(), TableHeader.LENGTH, "its entries are not those that were kept");
        }
    }

    /** Writes directory and header. The id is the digest of the entries. */
    String finish(long pageCount, int blobCount) throws IOException {
        digest();
        String id = TableHeader.contentId(content, entryCount(), pageCount, blobCount);
        finish(id, pageCount, blobCount);
        return id;
    }

    /** Writes directory and header, with the id of something else. */
    void finish(String id, long pageCount, int blobCount) throws IOException {
        long entryCount = entryCount();
        flush();
        int count = segmentCount;
        if (filled > 0) {
            addToDirectory(Crc32c.of(segment, 0, filled));
            count++;
        }
        UnsafeBuffer crcs = Buffers.alignedDirect(Integer.BYTES * count);
        for (int i = 0; i < count; i++) {
            crcs.putInt(Integer.BYTES * i, directory[i], LITTLE_ENDIAN);
        }
        int directoryCrc = Crc32c.of(crcs, 0, crcs.capacity());
        TableHeader header = new TableHeader(kind, id, entryCount, pageCount, blobCount, directoryCrc);
        file.write(header.directoryPosition(), crcs, 0, crcs.capacity());
        // What a resumed run had written behind the place where it continued.
        file.truncate(header.fileLength());
        header.write(file);
    }

    private void seal() {
        digest();
        addToDirectory(Crc32c.of(segment, 0, filled));
        segmentCount++;
        filled = 0;
        flushed = 0;
    }

    /** Of the crc table nobody asks for a digest; it costs nothing beside the pages. */
    private void digest() {
        segment.getBytes(0, copy, 0, filled);
        content.update(copy, 0, filled);
    }

    private void addToDirectory(int crc) {
        if (segmentCount == directory.length) {
            directory = Arrays.copyOf(directory, 2 * segmentCount);
        }
        directory[segmentCount] = crc;
    }

    private long segmentPosition() {
        return TableHeader.LENGTH + (long) segmentCount * TableHeader.SEGMENT_LENGTH;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
