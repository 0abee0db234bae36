package io.varve.daemon.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One bit per chunk. Memory is taken a region at a time, where a bit was set for the first time, because of a large
 * disk a small part is here.
 *
 * <p>Thread-safe because each change is one atomic operation on a word, ordered with all others, and a region is
 * published once.
 */
final class ChunkBits {

    /** Chunks per word. */
    static final int WORD_BITS = Long.SIZE;

    /** Words per region: 32 KiB of memory for 4 GiB of the disk. */
    private static final int REGION_SHIFT = 12;
    private static final int REGION_WORDS = 1 << REGION_SHIFT;
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle REGIONS = MethodHandles.arrayElementVarHandle(long[][].class);

    private final int wordCount;
    private final long[][] regions;

    ChunkBits(int chunkCount) {
        wordCount = wordCount(chunkCount);
        regions = new long[(wordCount + REGION_WORDS - 1) >>> REGION_SHIFT][];
    }

    static int wordCount(int chunkCount) {
        return (chunkCount + WORD_BITS - 1) / WORD_BITS;
    }

    int wordCount() {
        return wordCount;
    }

    long word(int index) {
        long[] region = region(index);
        return region == null ? 0 : (long) WORDS.getVolatile(region, inRegion(index));
    }

    /** Before other threads see the bits, or where only one changes them. */
    void setWord(int index, long value) {
        if (value != 0 || region(index) != null) {
            WORDS.setVolatile(needRegion(index), inRegion(index), value);
        }
    }

    boolean get(int chunk) {
        return (word(chunk / WORD_BITS) & bit(chunk)) != 0;
    }

    /** How many are set from the chunk on, up to the end of its cluster. */
    int runInCluster(int chunk) {
        long bits = word(chunk / WORD_BITS) >>> chunk;
        int left = Chunks.CLUSTER_CHUNKS - chunk % Chunks.CLUSTER_CHUNKS;
        return Math.min(left, Long.numberOfTrailingZeros(~bits));
    }

    /** @return whether it was not set */
    boolean set(int chunk) {
        long[] region = needRegion(chunk / WORD_BITS);
        return ((long) WORDS.getAndBitwiseOr(region, inRegion(chunk / WORD_BITS), bit(chunk)) & bit(chunk)) == 0;
    }

    /** @return whether it was set */
    boolean clear(int chunk) {
        long[] region = region(chunk / WORD_BITS);
        return region != null
                && ((long) WORDS.getAndBitwiseAnd(region, inRegion(chunk / WORD_BITS), ~bit(chunk)) & bit(chunk)) != 0;
    }

    /** Sets the bit, and writes to memory only if it must: for a mark that many threads set again and again. */
    void touch(int chunk) {
        long[] region = region(chunk / WORD_BITS);
        if (region == null || ((long) WORDS.getOpaque(region, inRegion(chunk / WORD_BITS)) & bit(chunk)) == 0) {
            set(chunk);
        }
    }

    /** How many are set. */
    long count() {
        long count = 0;
        for (int i = 0; i < wordCount; i++) {
            count += Long.bitCount(word(i));
        }
        return count;
    }

    static long bit(int chunk) {
        return 1L << chunk;
    }

    private static int inRegion(int word) {
        return word & REGION_WORDS - 1;
    }

    /** Null if no bit of it was ever set. */
    private long[] region(int word) {
        return (long[]) REGIONS.getVolatile(regions, word >>> REGION_SHIFT);
    }

    private long[] needRegion(int word) {
        long[] region = region(word);
        if (region == null) {
            long[] fresh = new long[Math.min(REGION_WORDS, wordCount - (word & -REGION_WORDS))];
            long[] other = (long[]) REGIONS.compareAndExchange(regions, word >>> REGION_SHIFT, (long[]) null, fresh);
            region = other == null ? fresh : other;
        }
        return region;
    }
}
