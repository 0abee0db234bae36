package io.varve.daemon.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One bit per chunk.
 *
 * <p>Thread-safe because each change is one atomic operation on a word, ordered with all others.
 */
final class ChunkBits {

    /** Chunks per word. */
    static final int WORD_BITS = Long.SIZE;

    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;

    ChunkBits(int chunkCount) {
        words = new long[wordCount(chunkCount)];
    }

    static int wordCount(int chunkCount) {
        return (chunkCount + WORD_BITS - 1) / WORD_BITS;
    }

    int wordCount() {
        return words.length;
    }

    long word(int index) {
        return (long) WORDS.getVolatile(words, index);
    }

    /** Before other threads see the bits, or where only one changes them. */
    void setWord(int index, long value) {
        WORDS.setVolatile(words, index, value);
    }

    boolean get(int chunk) {
        return (word(chunk / WORD_BITS) & bit(chunk)) != 0;
    }

    /** @return whether it was not set */
    boolean set(int chunk) {
        return ((long) WORDS.getAndBitwiseOr(words, chunk / WORD_BITS, bit(chunk)) & bit(chunk)) == 0;
    }

    /** @return whether it was set */
    boolean clear(int chunk) {
        return ((long) WORDS.getAndBitwiseAnd(words, chunk / WORD_BITS, ~bit(chunk)) & bit(chunk)) != 0;
    }

    /** Sets the bit, and writes to memory only if it must: for a mark that many threads set again and again. */
    void touch(int chunk) {
        if (((long) WORDS.getOpaque(words, chunk / WORD_BITS) & bit(chunk)) == 0) {
            set(chunk);
        }
    }

    /** How many are set. */
    long count() {
        long count = 0;
        for (int i = 0; i < words.length; i++) {
            count += Long.bitCount(word(i));
        }
        return count;
    }

    static long bit(int chunk) {
        return 1L << chunk;
    }
}
