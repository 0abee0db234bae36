package io.varve.it.format;

import io.varve.daemon.format.ImageWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one file of a chain is to say: sectors with their bytes. Of all others it says nothing.
 *
 * <p>Owned by the test that makes the file.
 */
final class Difference {

    static final int SECTOR = 512;
    private static final byte[] ZEROS = new byte[SECTOR];
    private static final int MAX_DATA_SECTORS = 2048;

    private final long size;
    private final int sectorLength;
    private final NavigableMap<Long, byte[]> sectors = new TreeMap<>();

    /** @param size bytes of the disk */
    Difference(long size) {
        this(size, SECTOR);
    }

    /**
     * @param size         bytes of the disk
     * @param sectorLength 512 or 4096; then all offsets and lengths are multiples of it
     */
    Difference(long size, int sectorLength) {
        this.size = size;
        this.sectorLength = sectorLength;
    }

    /** The sectors of the second disk that are others in the first one, which has the same size. */
    static Difference between(byte[] before, byte[] after) {
        Difference difference = new Difference(after.length);
        for (int at = 0; at < after.length; at += SECTOR) {
            if (!Arrays.equals(before, at, at + SECTOR, after, at, at + SECTOR)) {
                difference.put(at, Arrays.copyOfRange(after, at, at + SECTOR));
            }
        }
        return difference;
    }

    long size() {
        return size;
    }

    int sectorLength() {
        return sectorLength;
    }

    /** Takes the runs of neighbours in their order, each of zeros alone or of no zero sector. */
    interface Taker {
        void take(long offset, byte[] bytes, boolean isZero) throws IOException;
    }

    /** Random bytes; what lies outside of the disk is left out. */
    Difference data(long offset, long length, long seed) {
        Random random = new Random(seed);
        for (long at = offset; at < offset + length; at += SECTOR) {
            byte[] bytes = new byte[SECTOR];
            random.nextBytes(bytes);
            put(at, bytes);
        }
        return this;
    }

    /** @param bytes whole sectors */
    Difference bytes(long offset, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += SECTOR) {
            put(offset + at, Arrays.copyOfRange(bytes, at, at + SECTOR));
        }
        return this;
    }

    /** Zeros that are said to be zeros. */
    Difference zeros(long offset, long length) {
        for (long at = offset; at < offset + length; at += SECTOR) {
            put(at, ZEROS);
        }
        return this;
    }

    private void put(long offset, byte[] bytes) {
        if (offset >= 0 && offset < size) {
            sectors.put(offset / SECTOR, bytes);
        }
    }

    /** Null if the file says nothing of it. */
    byte[] sectorOrNull(long offset) {
        return sectors.get(offset / SECTOR);
    }

    /** Offsets of the blocks of which the file says something. */
    long[] blocks(long blockLength) {
        return sectors.keySet().stream().mapToLong(sector -> sector * SECTOR / blockLength * blockLength).distinct()
                .toArray();
    }

    void forEachRun(Taker taker) throws IOException {
        long start = -1;
        long end = -1;
        boolean isZero = false;
        for (Map.Entry<Long, byte[]> sector : sectors.entrySet()) {
            boolean nextIsZero = Arrays.equals(sector.getValue(), ZEROS);
            if (sector.getKey() != end || nextIsZero != isZero
                    || !isZero && end - start == MAX_DATA_SECTORS) {
                take(start, end, isZero, taker);
                start = sector.getKey();
                isZero = nextIsZero;
            }
            end = sector.getKey() + 1;
        }
        take(start, end, isZero, taker);
    }

    private void take(long start, long end, boolean isZero, Taker taker) throws IOException {
        byte[] bytes = new byte[(int) (end - start) * SECTOR];
        for (long sector = start; sector < end; sector++) {
            System.arraycopy(sectors.get(sector), 0, bytes, (int) (sector - start) * SECTOR, SECTOR);
        }
        if (bytes.length > 0) {
            taker.take(start * SECTOR, bytes, isZero);
        }
    }

    /** Writes it by a writer of the product, to the end. */
    void writeTo(ImageWriter writer) throws IOException {
        forEachRun((offset, bytes, isZero) -> {
            if (isZero) {
                writer.zero(offset, bytes.length);
            } else {
                UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length));
                buffer.putBytes(0, bytes);
                writer.write(offset, buffer, 0, bytes.length);
            }
        });
        writer.finish();
    }

    /** Puts it over a raw disk, which gets its size. */
    void applyTo(Path raw) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(size);
            forEachRun((offset, bytes, isZero) -> {
                file.seek(offset);
                file.write(bytes);
            });
        }
    }
}
