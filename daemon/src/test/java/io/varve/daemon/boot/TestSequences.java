package io.varve.daemon.boot;

/** Sequences for tests of other rooms. */
public final class TestSequences {

    private TestSequences() {}

    /** One page each, one microsecond apart. */
    public static Sequence ofPages(long... pageIndexes) {
        int[] pageCounts = new int[pageIndexes.length];
        int[] startUs = new int[pageIndexes.length];
        for (int i = 0; i < pageIndexes.length; i++) {
            pageCounts[i] = 1;
            startUs[i] = i;
        }
        return new Sequence(pageIndexes, pageCounts, startUs);
    }

    /** What a single boot that read these pages has taught. */
    public static Profile profile(long diskPageCount, long... pageIndexes) {
        return Profile.of(ofPages(pageIndexes), diskPageCount);
    }
}
