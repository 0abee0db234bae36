package io.varve.daemon.cli;

import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;

/** A boot cut into columns of equal time. Immutable. */
final class BootTimeline {

    private final long[] readLengths;
    private final long[] waitedUs;
    private final Place[] places;

    BootTimeline(BootFigures boot, int columnCount) {
        readLengths = new long[columnCount];
        waitedUs = new long[columnCount];
        places = new Place[columnCount];
        LoggedReads reads = boot.boot().reads();
        double columnUs = Math.max(1.0, (double) boot.lengthUs() / columnCount);
        long[][] byPlace = new long[columnCount][Place.values().length];
        long waitedUntilUs = 0;
        for (int i = 0; i < reads.count(); i++) {
            int column = (int) Math.min(columnCount - 1, reads.timeUs(i) / columnUs);
            readLengths[column] += Pages.offset(reads.pageCount(i));
            if (boot.waited(i)) {
                byPlace[column][reads.place(i).ordinal()] += 1 + reads.stallUs(i);
                long endUs = (long) reads.timeUs(i) + reads.stallUs(i);
                addWait(Math.max(waitedUntilUs, reads.timeUs(i)), endUs, columnUs);
                waitedUntilUs = Math.max(waitedUntilUs, endUs);
            }
        }
        for (int column = 0; column < columnCount; column++) {
            places[column] = largest(byPlace[column]);
        }
    }

    private void addWait(long startUs, long endUs, double columnUs) {
        for (int column = (int) (startUs / columnUs); column < waitedUs.length && column * columnUs < endUs; column++) {
            waitedUs[column] += Math.round(
                    Math.max(0, Math.min(endUs, (column + 1) * columnUs) - Math.max(startUs, column * columnUs)));
        }
    }

    private static Place largest(long[] amounts) {
        Place largest = null;
        for (Place place : Place.values()) {
            if (amounts[place.ordinal()] > (largest == null ? 0 : amounts[largest.ordinal()])) {
                largest = place;
            }
        }
        return largest;
    }

    /** Bytes of the reads that began in each column. */
    long[] readLengths() {
        return readLengths;
    }

    /** Microseconds of each column in which at least one read waited. */
    long[] waitedUs() {
        return waitedUs;
    }

    /** Who was waited for most by the reads that began in each column; null where none waited. */
    Place[] places() {
        return places;
    }
}
