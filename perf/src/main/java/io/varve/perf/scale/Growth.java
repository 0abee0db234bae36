package io.varve.perf.scale;

/**
 * How a value grows with a number. Its first value is the fixed part; what comes on top of it is what grows.
 *
 * <p>Immutable.
 *
 * @param xs    ascending
 * @param ys    one for each
 * @param noise what two measurements of the same differ by, more than 0
 */
record Growth(double[] xs, double[] ys, double noise) {
    /** Measurements of things that are proportional differ by this much. */
    private static final double TOLERANCE = 1.25;

    /** The growth per unit from one step to the last. */
    double perUnit(int from) {
        int last = xs.length - 1;
        return (ys[last] - ys[from]) / (xs[last] - xs[from]);
    }

    /**
     * The power of x by which what is above the fixed part grew on the way to a step: 1 is linear. NaN where it grew
     * by no more than noise.
     *
     * @param step 2 or later
     */
    double exponent(int step) {
        double before = ys[step - 1] - ys[0];
        double after = ys[step] - ys[0];
        if (before < noise || after < noise) {
            return Double.NaN;
        }
        return Math.log(after / before) / Math.log((xs[step] - xs[0]) / (xs[step - 1] - xs[0]));
    }

    /** Whether no step grew by more than its share: as much as the ones before for each unit, within noise. */
    boolean isLinearAtMost() {
        for (int step = 2; step < xs.length; step++) {
            double share = (xs[step] - xs[0]) / (xs[step - 1] - xs[0]);
            double allowed = (Math.max(0, ys[step - 1] - ys[0]) + noise) * share * TOLERANCE + noise;
            if (ys[step] - ys[0] > allowed) {
                return false;
            }
        }
        return true;
    }
}
