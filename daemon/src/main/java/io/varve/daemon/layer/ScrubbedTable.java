package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.DamageList;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A table, as far as it can be believed; what cannot is in the list of damages.
 *
 * <p>Owned by the thread that scrubs.
 */
final class ScrubbedTable implements AutoCloseable {

    private final TableKind kind;
    private final TableFile table;
    private final boolean[] bad;
    private final UnsafeBuffer buffer;
    private int loaded = -1;

    /** Reads all of it once. */
    ScrubbedTable(FileSpace space, Path path, TableKind kind, BlobRef ref, DamageList damages) {
        this.kind = kind;
        long count = kind == TableKind.CRC ? ref.pageCount()
                : (ref.pageCount() + Segment.CHUNK_PAGES - 1) / Segment.CHUNK_PAGES;
        this.buffer = Buffers.alignedDirect((int) Math.min(TableHeader.SEGMENT_LENGTH, count * kind.entryLength()));
        TableFile opened = null;
        boolean[] badSegments = new boolean[0];
        try {
            opened = Blob.openTable(space, path, kind, ref, count);
            badSegments = findBad(opened, path, damages);
        } catch (IOException e) {
            damages.addWhole(space, path, e);
        }
        this.table = opened;
        this.bad = badSegments;
    }

    private boolean[] findBad(TableFile opened, Path path, DamageList damages) {
        boolean[] found = new boolean[opened.header().segmentCount()];
        for (int i = 0; i < found.length; i++) {
            try {
                opened.readSegment(i, buffer, 0);
            } catch (IOException e) {
                found[i] = true;
                damages.add(path, opened.segmentPosition(i), opened.segmentLength(i),
                        "its checksum in the directory is another");
            }
        }
        return found;
    }

    long entryCount() {
        return table.header().entryCount();
    }

    boolean isWhole() {
        for (boolean segment : bad) {
            if (segment) {
                return false;
            }
        }
        return table != null;
    }

    boolean isKnown(long entry) {
        if (table == null) {
            return false;
        }
        int segment = (int) (entry * kind.entryLength() / TableHeader.SEGMENT_LENGTH);
        if (bad[segment]) {
            return false;
        }
        if (loaded != segment) {
            try {
                table.readSegment(segment, buffer, 0);
                loaded = segment;
            } catch (IOException e) {
                // It was readable a moment ago; what it says of these pages cannot be used.
                bad[segment] = true;
                return false;
            }
        }
        return true;
    }

    /** The entry must be known. */
    int getInt(long entry) {
        return buffer.getInt(index(entry), LITTLE_ENDIAN);
    }

    /** @return false if the entry is not known */
    boolean get(long entry, byte[] destination) {
        if (!isKnown(entry)) {
            return false;
        }
        buffer.getBytes(index(entry), destination);
        return true;
    }

    private int index(long entry) {
        return (int) (entry * kind.entryLength() % TableHeader.SEGMENT_LENGTH);
    }

    @Override
    public void close() throws IOException {
        if (table != null) {
            table.close();
        }
    }
}
