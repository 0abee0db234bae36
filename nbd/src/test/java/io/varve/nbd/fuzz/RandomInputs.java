package io.varve.nbd.fuzz;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Inputs without end, from a seed. Most are short, because many short conversations meet more than few long ones.
 *
 * <p>Immutable.
 */
final class RandomInputs {

    private final long seed;

    RandomInputs(long seed) {
        this.seed = seed;
    }

    /** Input number {@code index}, the same at every call. */
    byte[] input(long index) {
        SplittableRandom random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + index);
        int scale = 1 << random.nextInt(3, 10);
        byte[] input = new byte[random.nextInt(scale / 2, scale + 1)];
        for (int i = 0; i < input.length; i += Long.BYTES) {
            long bits = random.nextLong();
            for (int j = i; j < Math.min(i + Long.BYTES, input.length); j++) {
                input[j] = (byte) bits;
                bits >>>= 8;
            }
        }
        return input;
    }

    /** Plays the first {@code count} inputs; a failure names the seed and the input. */
    static void playAll(String what, long seed, long count, Consumer<byte[]> player) {
        RandomInputs inputs = new RandomInputs(seed);
        for (long index = 0; index < count; index++) {
            byte[] input = inputs.input(index);
            try {
                player.accept(input);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(what + ", seed " + seed + ", input " + index + ": " + e.getMessage(), e);
            }
        }
    }
}
