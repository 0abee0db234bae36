package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A table, open for reading. Its directory is in memory; segments of entries come in, checked, when they are first
 * asked for, and stay, off the heap.
 *
 * <p>Design note: read into memory and not mapped, because a page fault would stall the thread that serves everybody,
 * and a bad sector would be a signal; a segment that is not there yet is a fact that a caller can act on.
 *
 * <p>Thread-safe because segments are immutable, and of two that are loaded at the same time the first one stays.
 */
final class TableFile implements AutoCloseable {

    private final BlockFile file;
    private final TableHeader header;
    private final UnsafeBuffer directory;
    private final AtomicReferenceArray<UnsafeBuffer> segments;

    private TableFile(BlockFile file, TableHeader header, UnsafeBuffer directory) {
        this.file = file;
        this.header = header;
        this.directory = directory;
        this.segments = new AtomicReferenceArray<>(header.segmentCount());
    }

    /** Reads header and directory: 4 bytes per 64 KiB of entries. */
    static TableFile open(FileSpace space, Path path, TableKind kind, String id, long maxEntryCount)
            throws IOException {
        BlockFile file = space.open(path, OpenMode.READ);
        try {
            TableHeader header = TableHeader.read(file, kind, id, maxEntryCount);
            int length = Integer.BYTES * header.segmentCount();
            UnsafeBuffer directory = Buffers.alignedDirect(length);
            file.read(header.directoryPosition(), directory, 0, length);
            if (Crc32c.of(directory, 0, length) != header.directoryCrc()) {
                throw new CorruptDataException(file.name(), header.directoryPosition(),
                        "the checksum of its directory is wrong");
            }
            return new TableFile(file, header, directory);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    TableHeader header() {
        return header;
    }

    String name() {
        return file.name();
    }

    /** Null while it is not in memory. */
    UnsafeBuffer segmentOrNull(int segment) {
        return segments.getAcquire(segment);
    }

    /** Waits for the disk if it must. */
    UnsafeBuffer segment(int segment) throws IOException {
        UnsafeBuffer loaded = segments.getAcquire(segment);
        if (loaded != null) {
            return loaded;
        }
        loaded = Buffers.alignedDirect(segmentLength(segment));
        readSegment(segment, loaded, 0);
        return segments.compareAndSet(segment, null, loaded) ? loaded : segments.getAcquire(segment);
    }

    /**
     * Reads past the memory of this object.
     *
     * @throws CorruptDataException if the segment is not what was written; {@code buffer} then holds what is there
     */
    void readSegment(int segment, UnsafeBuffer buffer, int index) throws IOException {
        int length = segmentLength(segment);
        file.read(segmentPosition(segment), buffer, index, length);
        if (Crc32c.of(buffer, index, length) != directory.getInt(Integer.BYTES * segment, LITTLE_ENDIAN)) {
            throw new CorruptDataException(file.name(), segmentPosition(segment),
                    "the checksum of " + length + " bytes of entries is wrong");
        }
    }

    long segmentPosition(int segment) {
        return TableHeader.LENGTH + (long) segment * TableHeader.SEGMENT_LENGTH;
    }

    int segmentLength(int segment) {
        return (int) Math.min(TableHeader.SEGMENT_LENGTH, header.directoryPosition() - segmentPosition(segment));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
