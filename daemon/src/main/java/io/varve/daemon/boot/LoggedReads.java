package io.varve.daemon.boot;

import io.varve.daemon.io.Place;
import java.util.Arrays;

/**
 * The reads of one boot, or pieces of them, in the order of time. A read that one layer answers partly and another one
 * partly, or that was partly in memory, is several.
 *
 * <p>Immutable.
 */
public final class LoggedReads {

    /** Layer of what lies in none that the boot began with. */
    public static final int NO_LAYER = -1;

    private final int[] timesUs;
    private final long[] pageIndexes;
    private final int[] pageCounts;
    private final int[] stallsUs;
    private final Place[] places;
    private final int[] layers;
    private final Prediction[] predictions;
    private final long droppedCount;

    private LoggedReads(Builder builder) {
        final int count = builder.count;
        droppedCount = builder.droppedCount;
        final long[] order = new long[count];
        for (int i = 0; i < count; i++) {
            order[i] = (long) builder.timesUs[i] << Integer.SIZE | i;
        }
        Arrays.sort(order);
        timesUs = new int[count];
        pageIndexes = new long[count];
        pageCounts = new int[count];
        stallsUs = new int[count];
        places = new Place[count];
        layers = new int[count];
        predictions = new Prediction[count];
        for (int i = 0; i < count; i++) {
            final int from = (int) order[i];
            timesUs[i] = builder.timesUs[from];
            pageIndexes[i] = builder.pageIndexes[from];
            pageCounts[i] = builder.pageCounts[from];
            stallsUs[i] = builder.stallsUs[from];
            places[i] = builder.places[from];
            layers[i] = builder.layers[from];
            predictions[i] = builder.predictions[from];
        }
    }

    /** Collects reads in any order. Owned by the thread that builds. */
    public static final class Builder {

        private static final int FIRST_CAPACITY = 256;

        private int count;
        private long droppedCount;
        private int[] timesUs = new int[FIRST_CAPACITY];
        private long[] pageIndexes = new long[FIRST_CAPACITY];
        private int[] pageCounts = new int[FIRST_CAPACITY];
        private int[] stallsUs = new int[FIRST_CAPACITY];
        private Place[] places = new Place[FIRST_CAPACITY];
        private int[] layers = new int[FIRST_CAPACITY];
        private Prediction[] predictions = new Prediction[FIRST_CAPACITY];

        /**
         * @param timeUs since the first read of the boot
         * @param layer  index in the chain, base first; {@link #NO_LAYER}
         */
        public void add(int timeUs, long pageIndex, int pageCount, int stallUs, Place place, int layer,
                Prediction prediction) {
            if (count == timesUs.length) {
                grow(2 * count);
            }
            timesUs[count] = timeUs;
            pageIndexes[count] = pageIndex;
            pageCounts[count] = pageCount;
            stallsUs[count] = stallUs;
            places[count] = place;
            layers[count] = layer;
            predictions[count] = prediction;
            count++;
        }

        private void grow(int capacity) {
            timesUs = Arrays.copyOf(timesUs, capacity);
            pageIndexes = Arrays.copyOf(pageIndexes, capacity);
            pageCounts = Arrays.copyOf(pageCounts, capacity);
            stallsUs = Arrays.copyOf(stallsUs, capacity);
            places = Arrays.copyOf(places, capacity);
            layers = Arrays.copyOf(layers, capacity);
            predictions = Arrays.copyOf(predictions, capacity);
        }

        /** @param newCount reads that are not here because there was no room for them */
        public void setDropped(long newCount) {
            droppedCount = newCount;
        }

        public LoggedReads build() {
            return new LoggedReads(this);
        }
    }

    public int count() {
        return timesUs.length;
    }

    /** Reads that are not here because there were too many. */
    public long droppedCount() {
        return droppedCount;
    }

    /** Microseconds from the first read of the boot until the read came. */
    public int timeUs(int read) {
        return timesUs[read];
    }

    /** First page in the virtual disk. */
    public long pageIndex(int read) {
        return pageIndexes[read];
    }

    /** At least 1. */
    public int pageCount(int read) {
        return pageCounts[read];
    }

    /** Microseconds that the client waited; 0 if it was answered at once. */
    public int stallUs(int read) {
        return stallsUs[read];
    }

    public Place place(int read) {
        return places[read];
    }

    /** Index in the chain that the boot began with, base first; {@link #NO_LAYER}. */
    public int layer(int read) {
        return layers[read];
    }

    public Prediction prediction(int read) {
        return predictions[read];
    }
}
