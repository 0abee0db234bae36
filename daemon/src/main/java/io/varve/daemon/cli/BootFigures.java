package io.varve.daemon.cli;

import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What one boot comes to, in numbers. Immutable. */
final class BootFigures {

    private final LoggedBoot boot;
    private final Map<Place, long[]> pagesByPlace = new EnumMap<>(Place.class);
    private final Map<Integer, long[]> pagesByLayer = new TreeMap<>();
    private long pageCount;
    private long lengthUs;
    private long waitedUs;
    private int waitingReads;
    private int longestUs;

    BootFigures(LoggedBoot boot) {
        this.boot = boot;
        LoggedReads reads = boot.reads();
        long waitedUntilUs = 0;
        for (int i = 0; i < reads.count(); i++) {
            pageCount += reads.pageCount(i);
            pagesByPlace.computeIfAbsent(reads.place(i), place -> new long[1])[0] += reads.pageCount(i);
            pagesByLayer.computeIfAbsent(reads.layer(i), layer -> new long[1])[0] += reads.pageCount(i);
            long endUs = (long) reads.timeUs(i) + reads.stallUs(i);
            lengthUs = Math.max(lengthUs, endUs);
            if (waited(i)) {
                waitingReads++;
                longestUs = Math.max(longestUs, reads.stallUs(i));
                waitedUs += Math.max(0, endUs - Math.max(waitedUntilUs, reads.timeUs(i)));
                waitedUntilUs = Math.max(waitedUntilUs, endUs);
            }
        }
    }

    LoggedBoot boot() {
        return boot;
    }

    /** For people. */
    String client() {
        return boot.client().orElse("(no name)");
    }

    /** From the first read to the last answer, microseconds. */
    long lengthUs() {
        return lengthUs;
    }

    /** Also those that are not written down one by one. */
    long readCount() {
        return boot.reads().count() + boot.reads().droppedCount();
    }

    /** Bytes of all reads, however often a page was read. */
    long length() {
        return Pages.offset(pageCount);
    }

    /** Bytes. */
    long length(Place place) {
        return Pages.offset(pagesByPlace.getOrDefault(place, new long[1])[0]);
    }

    /** Bytes by index in the chain; key {@link LoggedReads#NO_LAYER} for what is of no layer that it began with. */
    Map<Integer, Long> lengthByLayer() {
        Map<Integer, Long> lengths = new TreeMap<>();
        pagesByLayer.forEach((layer, pages) -> lengths.put(layer, Pages.offset(pages[0])));
        return lengths;
    }

    /** Bytes that were in memory when they were asked for. */
    long atOnceLength() {
        return length(Place.MEMORY) + length(Place.PACK);
    }

    /** Microseconds in which at least one read waited. */
    long waitedUs() {
        return waitedUs;
    }

    /** Reads, or parts of them, that waited. */
    int waitingReads() {
        return waitingReads;
    }

    /** Microseconds. */
    int longestUs() {
        return longestUs;
    }

    /** Whether a read waited, or would still. */
    boolean waited(int read) {
        Place place = boot.reads().place(read);
        return place != Place.MEMORY && place != Place.PACK;
    }

    /** Reads that waited, the longest first. */
    List<Integer> longestWaits(int limit) {
        LoggedReads reads = boot.reads();
        return IntStream.range(0, reads.count()).filter(this::waited).boxed()
                .sorted(Comparator.comparing((Integer read) -> -reads.stallUs(read)))
                .limit(limit).toList();
    }
}
