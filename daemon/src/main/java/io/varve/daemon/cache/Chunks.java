package io.varve.daemon.cache;

import io.varve.daemon.io.Pages;

/** Arithmetic of the chunk, the unit of fetching and of keeping. Immutable. */
public final class Chunks {

    public static final int CHUNK_SHIFT = 14;
    /** Bytes. */
    public static final int CHUNK_SIZE = 1 << CHUNK_SHIFT;
    public static final int PAGES_PER_CHUNK = CHUNK_SIZE / Pages.PAGE_SIZE;
    /** Chunks of a cluster, which begins at a multiple of them: what one read of the cache covers at most. */
    public static final int CLUSTER_CHUNKS = 4;
    /** Bytes of the largest disk that is cached: 16 TiB, 2^30 chunks. */
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

    /** The first chunk of the cluster that the chunk lies in. */
    public static int cluster(int chunk) {
        return chunk & -CLUSTER_CHUNKS;
    }

    /** Chunks of a disk; the last one may be short. */
    public static int count(long diskSize) {
        return (int) ((diskSize + CHUNK_SIZE - 1) >>> CHUNK_SHIFT);
    }

    /** Bytes of a chunk of the disk: 16384, or what is left in the last one. */
    public static int length(int chunk, long diskSize) {
        return (int) Math.min(CHUNK_SIZE, diskSize - position(chunk));
    }
}
