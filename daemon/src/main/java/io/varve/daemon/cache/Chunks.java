package io.varve.daemon.cache;

import io.varve.daemon.io.Pages;

/** Arithmetic of the chunk, the unit of fetching and of keeping. Immutable. */
public final class Chunks {

    public static final int CHUNK_SHIFT = 16;
    /** Bytes. */
    public static final int CHUNK_SIZE = 1 << CHUNK_SHIFT;
    public static final int PAGES_PER_CHUNK = CHUNK_SIZE / Pages.PAGE_SIZE;
    /** Bytes of the largest disk that is cached: 16 TiB, so that the bitmaps of one stay below 200 MiB of memory. */
    public static final long MAX_DISK_SIZE = 1L << 44;

    private Chunks() {}

    /** The chunk that the byte lies in. */
    public static int index(long position) {
        return (int) (position >>> CHUNK_SHIFT);
    }

    /** First byte of the chunk. */
    public static long position(int chunk) {
        return (long) chunk << CHUNK_SHIFT;
    }

    /** Chunks of a disk; the last one may be short. */
    public static int count(long diskSize) {
        return (int) ((diskSize + CHUNK_SIZE - 1) >>> CHUNK_SHIFT);
    }

    /** Bytes of a chunk of the disk: 65536, or what is left in the last one. */
    public static int length(int chunk, long diskSize) {
        return (int) Math.min(CHUNK_SIZE, diskSize - position(chunk));
    }
}
