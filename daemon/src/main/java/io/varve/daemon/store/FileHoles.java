package io.varve.daemon.store;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.Arrays;

/**
 * The holes of a file that does not change, as the file system tells them.
 *
 * <p>Immutable.
 */
final class FileHoles {

    /** A file of more holes counts as full behind these: each costs two calls into the system when it is opened. */
    static final int MAX_COUNT = 4096;

    /** Where a hole begins, where it ends, where the next begins ... */
    private final long[] borders;

    private FileHoles(long[] borders) {
        this.borders = borders;
    }

    static FileHoles of(BlockFile file) throws IOException {
        long size = file.size();
        long[] borders = new long[2 * MAX_COUNT];
        int count = 0;
        long hole = file.nextHole(0);
        while (hole < size && count < borders.length) {
            long data = file.nextData(hole);
            borders[count++] = hole;
            borders[count++] = data;
            hole = data < size ? file.nextHole(data) : size;
        }
        return new FileHoles(Arrays.copyOf(borders, count));
    }

    /** As {@link io.varve.daemon.io.SparseSource#knownZeros}. */
    long knownZeros(long position, long maxLength) {
        int found = Arrays.binarySearch(borders, position);
        int next = found >= 0 ? found + 1 : -found - 1;
        long length = next < borders.length ? Math.min(maxLength, borders[next] - position) : maxLength;
        return next % 2 == 1 ? length : -length;
    }
}
