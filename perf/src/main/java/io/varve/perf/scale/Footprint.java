package io.varve.perf.scale;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory of a JVM after a full collection, in bytes, put together from what the kernel and the JVM say about it.
 *
 * <p>Immutable.
 *
 * @param residentLength     pages in memory, of files that it has mapped, too
 * @param heapResidentLength of them, those of the heap's addresses, used or not
 * @param fileLength         of them, pages of mapped files: the JVM's code, its class archive, the counters
 * @param heapLiveLength     what Java objects take
 * @param native             what the JVM says it has allocated, without the heap, by its own categories; {@code Other}
 *                           are direct buffers
 */
record Footprint(long residentLength, long heapResidentLength, long fileLength, long heapLiveLength,
        Map<String, Long> nativeLengths) {

    private static final Pattern GENERATION =
            Pattern.compile("(def new|tenured) generation .* used (\\d+)K \\[(0x[0-9a-f]+), .*, (0x[0-9a-f]+)\\)");
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) \\S+ \\S+ \\S+ \\d+.*");
    private static final Pattern CATEGORY = Pattern.compile("-\\s+(.+) \\(reserved=\\d+KB, committed=(\\d+)KB\\)");
    private static final String HEAP_CATEGORY = "Java Heap";
    private static final String DIRECT_CATEGORY = "Other";

    /** Java objects, and all that is in memory beside heap and mapped files: what the daemon needs. */
    long heldLength() {
        return heapLiveLength + residentLength - heapResidentLength - fileLength;
    }

    long directLength() {
        return nativeLengths.getOrDefault(DIRECT_CATEGORY, 0L);
    }

    /** Threads, classes, code, tables of the collector and the like. */
    long jvmLength() {
        return nativeLengths.values().stream().mapToLong(Long::longValue).sum() - directLength();
    }

    /**
     * @param heapInfo     what {@code jcmd PID GC.heap_info} says with the serial collector
     * @param nativeMemory what {@code jcmd PID VM.native_memory summary} says
     * @param smaps        {@code /proc/PID/smaps}, see proc(5)
     */
    static Footprint parse(String heapInfo, String nativeMemory, String smaps) {
        long live = 0;
        long from = Long.MAX_VALUE;
        long to = 0;
        Matcher generation = GENERATION.matcher(heapInfo);
        while (generation.find()) {
            live += Long.parseLong(generation.group(2)) << 10;
            from = Math.min(from, Long.decode(generation.group(3)));
            to = Math.max(to, Long.decode(generation.group(4)));
        }
        if (to == 0) {
            throw new IllegalArgumentException("no generations in: " + heapInfo);
        }
        long resident = 0;
        long heap = 0;
        long file = 0;
        boolean inHeap = false;
        long mapped = 0;
        for (String line : smaps.split("\n")) {
            Matcher mapping = MAPPING.matcher(line);
            if (mapping.matches()) {
                long start = Long.parseUnsignedLong(mapping.group(1), 16);
                inHeap = start >= from && start < to;
            } else if (line.startsWith("Rss:")) {
                mapped = kib(line);
                resident += mapped;
                heap += inHeap ? mapped : 0;
            } else if (line.startsWith("Anonymous:") && !inHeap) {
                file += mapped - kib(line);
            }
        }
        return new Footprint(resident, heap, file, live, categories(nativeMemory));
    }

    private static Map<String, Long> categories(String nativeMemory) {
        Map<String, Long> lengths = new LinkedHashMap<>();
        Matcher category = CATEGORY.matcher(nativeMemory);
        while (category.find()) {
            if (!category.group(1).equals(HEAP_CATEGORY)) {
                lengths.put(category.group(1), Long.parseLong(category.group(2)) << 10);
            }
        }
        return lengths;
    }

    private static long kib(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
    }
}
