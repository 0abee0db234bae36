package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.UnsupportedImageException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which ranges of the file the log has changed, sorted: sectors whose bytes are in the log, and ranges of zeros.
 *
 * <p>Immutable.
 */
final class ReplayMap {

    /** Bounds the memory: about 40 bytes each, and three times that while it is built. */
    static final int MAX_RANGES = 1 << 18;
    /** In place of a position in the log. */
    static final long ZERO = -1;

    private final long length;
    private final long[] starts;
    private final Range[] ranges;

    /**
     * Immutable.
     *
     * @param end           byte in the file behind the range
     * @param inLogPosition byte in the file where a data sector of the log is, or {@link #ZERO}
     * @param leading       the first 8 bytes, the lowest first
     * @param trailing      the last 4 bytes, likewise
     */
    record Range(long start, long end, long inLogPosition, long leading, int trailing) {}

    private ReplayMap(long length, TreeMap<Long, Range> sorted) {
        this.length = length;
        this.ranges = sorted.values().toArray(new Range[0]);
        this.starts = Arrays.stream(ranges).mapToLong(Range::start).toArray();
    }

    /** Bytes of the file after replaying. */
    long length() {
        return length;
    }

    /** The first range that ends behind a byte of the file; null if there is none. */
    Range at(long position) {
        int low = 0;
        int high = ranges.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (starts[middle] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low > 0 && ranges[low - 1].end > position) {
            return ranges[low - 1];
        }
        return low < ranges.length ? ranges[low] : null;
    }

    /** What later descriptors write replaces what earlier ones did. Owned by the thread that opens the file. */
    static final class Builder implements LogScanner.Effects {

        private final String name;
        private final TreeMap<Long, Range> sorted = new TreeMap<>();
        private long length;

        /** @param length bytes that the file has at least after replaying */
        Builder(String name, long length) {
            this.name = name;
            this.length = length;
        }

        @Override
        public void data(long position, long inLogPosition, long leading, int trailing) throws IOException {
            put(new Range(position, position + LogEntry.SECTOR_LENGTH, inLogPosition, leading, trailing));
        }

        @Override
        public void zero(long position, long zeroLength) throws IOException {
            if (zeroLength > 0) {
                put(new Range(position, position + zeroLength, ZERO, 0, 0));
            }
        }

        private void put(Range range) throws IOException {
            clear(range.start, range.end);
            sorted.put(range.start, range);
            length = Math.max(length, range.end);
            if (sorted.size() > MAX_RANGES) {
                throw new UnsupportedImageException(name, "has a log that changes more than " + MAX_RANGES + " ranges",
                        "open it once with the program that wrote it");
            }
        }

        /** Ranges begin and end at multiples of a sector, so that only ranges of zeros are ever cut. */
        private void clear(long start, long end) {
            Map.Entry<Long, Range> before = sorted.lowerEntry(start);
            if (before != null && before.getValue().end > start) {
                Range cut = before.getValue();
                sorted.put(cut.start, new Range(cut.start, start, ZERO, 0, 0));
                if (cut.end > end) {
                    sorted.put(end, new Range(end, cut.end, ZERO, 0, 0));
                }
            }
            Map.Entry<Long, Range> inside = sorted.ceilingEntry(start);
            while (inside != null && inside.getKey() < end) {
                sorted.remove(inside.getKey());
                if (inside.getValue().end > end) {
                    sorted.put(end, new Range(end, inside.getValue().end, ZERO, 0, 0));
                }
                inside = sorted.ceilingEntry(start);
            }
        }

        ReplayMap build() {
            return new ReplayMap(length, sorted);
        }
    }
}
