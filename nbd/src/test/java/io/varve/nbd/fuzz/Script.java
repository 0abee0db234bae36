package io.varve.nbd.fuzz;

/**
 * The bytes of an input, read as choices from front to back, so that a small change of the input is a small change of
 * what happens. Behind the end every choice is 0, or comes from a generator that the input seeds.
 *
 * <p>Owned by the thread of the test.
 */
final class Script {

    private byte[] bytes = {};
    private int position;
    private int limit;
    private long state;
    private boolean endless;

    Script reset(byte[] input, int from) {
        bytes = input;
        position = Math.min(from, input.length);
        limit = input.length;
        endless = false;
        return this;
    }

    /** From now on choices come from the generator alone. */
    void continueWith(long seed) {
        state = seed;
        endless = true;
        limit = position;
    }

    boolean isAtEnd() {
        return position >= limit;
    }

    /** Moves over the rest. @return where it begins in the input */
    int takeRest() {
        int from = position;
        position = limit;
        return from;
    }

    /** 0 to 255. */
    int u8() {
        if (position < limit) {
            return bytes[position++] & 0xff;
        }
        return endless ? (int) (next() >>> 56) : 0;
    }

    /** 0 to {@code bound - 1}; of a bound up to 256 one byte is used, else four. */
    int below(int bound) {
        if (bound <= 1) {
            return 0;
        }
        return bound <= 256 ? u8() % bound : (int) (bits(4) % bound);
    }

    /** Unsigned, so many bytes of it. */
    long bits(int byteCount) {
        long value = 0;
        for (int i = 0; i < byteCount; i++) {
            value = value << 8 | u8();
        }
        return value;
    }

    /** True once in so many; false where nothing is chosen. */
    boolean once(int in) {
        return u8() % in == in - 1;
    }

    /** Steele, Lea, Flood: splitmix64. */
    private long next() {
        state += 0x9e3779b97f4a7c15L;
        long z = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
