package io.varve.daemon.cache;

import java.util.function.IntConsumer;

/**
 * Chooses what must go: CLOCK (Corbato, A Paging Experiment with the Multics System, 1968), a hand that goes round and
 * takes what nobody read since it came by last.
 *
 * <p>Owned by the thread that evicts, but for {@link #read}, {@link #pin} and {@link #unpin}, for any thread.
 */
final class EvictionClock {

    private final ChunkBits ready;
    private final ChunkBits wasRead;
    private final ChunkBits pinned;
    private final int chunkCount;
    private int hand;

    EvictionClock(ChunkBits ready, int chunkCount) {
        this.ready = ready;
        this.wasRead = new ChunkBits(chunkCount);
        this.pinned = new ChunkBits(chunkCount);
        this.chunkCount = chunkCount;
    }

    /** Both are inside one cluster. */
    void read(int first, int last) {
        for (int chunk = first; chunk <= last; chunk++) {
            wasRead.touch(chunk);
        }
    }

    void pin(int chunk) {
        pinned.set(chunk);
    }

    void unpin(int chunk) {
        pinned.clear(chunk);
    }

    /**
     * Goes round twice at most, so that it ends where everything is pinned, or is read faster than it goes.
     *
     * @param count  chunks to take
     * @param victim gets each
     */
    void take(long count, IntConsumer victim) {
        long left = count;
        long steps = 2L * chunkCount;
        while (left > 0 && steps > 0) {
            long word = ready.word(hand / ChunkBits.WORD_BITS) & -1L << hand;
            if (word == 0) {
                int next = Math.min(chunkCount, (hand | ChunkBits.WORD_BITS - 1) + 1);
                steps -= next - hand;
                hand = next % chunkCount;
                continue;
            }
            int chunk = hand & -ChunkBits.WORD_BITS | Long.numberOfTrailingZeros(word);
            steps -= chunk + 1 - hand;
            hand = (chunk + 1) % chunkCount;
            if (!pinned.get(chunk) && !wasRead.clear(chunk)) {
                victim.accept(chunk);
                left--;
            }
        }
    }
}
