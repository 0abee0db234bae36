package io.varve.perf.macro;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the collector's log says; made by {@code -Xlog:gc*:file=FILE} with the default decorations, on JDK 17 and 25.
 *
 * <p>Immutable.
 */
final class GcLog {
    /** {@code GC(3) Pause Young (Normal) (G1 Evacuation Pause) 24M->5M(256M) 3.2ms}. */
    private static final Pattern COLLECTION =
            Pattern.compile("GC\\(\\d+\\) .* (\\d+)([KMG])->\\d+[KMG]\\(\\d+[KMG]\\)");
    /** {@code garbage-first heap   total 260096K, used 2048K}; one line per generation with other collectors. */
    private static final Pattern AT_EXIT = Pattern.compile("gc,heap,exit.* total \\d+K, used (\\d+)K");

    private final List<String> lines;

    GcLog(List<String> lines) {
        this.lines = List.copyOf(lines);
    }

    /** Option that makes a JVM write such a log. */
    static String option(Object file) {
        return "-Xlog:gc*:file=" + file;
    }

    long collectionCount() {
        return lines.stream().filter(line -> COLLECTION.matcher(line).find()).count();
    }

    /** The most heap in use at any time: it only grows from one collection to the next, or to the end. */
    long peakHeapBytes() {
        long peak = 0;
        long atExit = 0;
        for (String line : lines) {
            Matcher collection = COLLECTION.matcher(line);
            if (collection.find()) {
                peak = Math.max(peak, Long.parseLong(collection.group(1)) * unit(collection.group(2)));
            }
            Matcher exit = AT_EXIT.matcher(line);
            if (exit.find()) {
                atExit += Long.parseLong(exit.group(1)) * unit("K");
            }
        }
        return Math.max(peak, atExit);
    }

    private static long unit(String letter) {
        return switch (letter) {
            case "K" -> 1L << 10;
            case "M" -> 1L << 20;
            default -> 1L << 30;
        };
    }
}
