package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a Java process holds, after a garbage collection.
 *
 * <p>Immutable.
 *
 * @param descriptors open files and sockets
 * @param heapLength  bytes of live objects
 * @param rssLength   bytes of memory that is resident, all kinds
 */
public record ProcessFigures(long descriptors, long heapLength, long rssLength) {

    private static final Pattern GENERATION = Pattern.compile("generation +total .*used (\\d+)K");
    private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    public static ProcessFigures of(long pid) {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Tool.run(jcmd, pid, "GC.run");
        long heap = GENERATION.matcher(Tool.run(jcmd, pid, "GC.heap_info").out()).results()
                .mapToLong(found -> Long.parseLong(found.group(1)) * 1024).sum();
        return new ProcessFigures(descriptors(pid), heap, rss(pid));
    }

    public static long descriptors(long pid) {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long rss(long pid) {
        try {
            Matcher rss = RSS.matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
            if (!rss.find()) {
                throw new AssertionError("process " + pid + " has no resident memory");
            }
            return Long.parseLong(rss.group(1)) * 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return descriptors + " descriptors, heap " + heapLength / 1024 + " KiB, resident " + rssLength / 1024 + " KiB";
    }
}
