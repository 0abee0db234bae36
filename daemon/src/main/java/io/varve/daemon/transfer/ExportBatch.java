package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What is to be written next: ranges of the disk with their bytes, and ranges of zeros, in the order of the disk.
 *
 * <p>Owned by the thread that reads, then by the one that writes, then by the first again.
 */
final class ExportBatch {

    /** Bytes of data. */
    static final int LENGTH = 4 << 20;
    private static final int MAX_RANGES = 32 * 1024;
    private static final int ZEROS = -1;

    private final UnsafeBuffer bytes = Buffers.alignedDirect(LENGTH);
    private final long[] offsets = new long[MAX_RANGES];
    private final long[] lengths = new long[MAX_RANGES];
    /** Where the bytes of a range begin; {@link #ZEROS} if it has none. */
    private final int[] indexes = new int[MAX_RANGES];
    private int rangeCount;
    private int usedLength;
    private long dataLength;
    private long end;

    void clear() {
        rangeCount = 0;
        usedLength = 0;
        dataLength = 0;
    }

    UnsafeBuffer bytes() {
        return bytes;
    }

    /** Where in {@link #bytes} the next bytes go. */
    int usedLength() {
        return usedLength;
    }

    /** Says that bytes of the buffer are in use, whether or not ranges refer to all of them. */
    void use(int length) {
        usedLength += length;
    }

    /**
     * @param length    bytes
     * @param newRanges ranges that may come with them
     */
    boolean hasRoom(int length, int newRanges) {
        return length <= LENGTH - usedLength && newRanges <= MAX_RANGES - rangeCount;
    }

    void addData(long offset, int index, int length) {
        dataLength += length;
        int last = rangeCount - 1;
        if (last >= 0 && indexes[last] != ZEROS && indexes[last] + lengths[last] == index
                && offsets[last] + lengths[last] == offset) {
            lengths[last] += length;
        } else {
            add(offset, index, length);
        }
    }

    void addZeros(long offset, long length) {
        int last = rangeCount - 1;
        if (last >= 0 && indexes[last] == ZEROS && offsets[last] + lengths[last] == offset) {
            lengths[last] += length;
        } else {
            add(offset, ZEROS, length);
        }
    }

    private void add(long offset, int index, long length) {
        offsets[rangeCount] = offset;
        indexes[rangeCount] = index;
        lengths[rangeCount] = length;
        rangeCount++;
    }

    /** Byte in the disk up to which everything is in this batch or those before it. */
    void endsAt(long newEnd) {
        end = newEnd;
    }

    long end() {
        return end;
    }

    /** Bytes of data in it. */
    long dataLength() {
        return dataLength;
    }

    void writeTo(ImageWriter writer) throws IOException {
        for (int i = 0; i < rangeCount; i++) {
            if (indexes[i] == ZEROS) {
                writer.zero(offsets[i], lengths[i]);
            } else {
                writer.write(offsets[i], bytes, indexes[i], (int) lengths[i]);
            }
        }
    }
}
