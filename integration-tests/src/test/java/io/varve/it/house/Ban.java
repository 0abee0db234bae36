package io.varve.it.house;

import java.util.List;
import java.util.Set;

/**
 * A call that is out of place, and what to use instead.
 *
 * @param call    how the full name of the target starts, as ArchUnit prints it; with a leading dot, of any class
 * @param only    packages inside the product where it is banned; empty: everywhere
 * @param except  packages where it is at home
 * @param instead what to do
 */
record Ban(String call, Set<String> only, Set<String> except, String instead) {

    private static final Set<String> HOT = Set.of("nbd.wire", "nbd.session", "daemon.disk", "daemon.extent");
    private static final Set<String> CRASH_SAFE = Set.of("daemon.overlay", "daemon.layer", "daemon.store");
    private static final Set<String> TALKS_TO_PEOPLE = Set.of("daemon.cli", "perf");

    /** For the product. */
    static final List<Ban> IN_MAIN = List.of(
            except("java.lang.System.out", TALKS_TO_PEOPLE, "log it, or hand it to the command that talks to people"),
            except("java.lang.System.err", TALKS_TO_PEOPLE, "log it, or hand it to the command that talks to people"),
            everywhere(".printStackTrace(", "log it with its cause"),
            everywhere("java.io.File.delete(", "java.nio.file.Files.delete says why it failed"),
            everywhere("java.lang.Thread.sleep(", "wait for the event itself, with a deadline"),
            only("java.lang.System.currentTimeMillis(", HOT, "ExportOwner.nowNs, the clock of the duty cycle"),
            only("java.lang.System.nanoTime(", HOT, "ExportOwner.nowNs, the clock of the duty cycle"),
            only("java.lang.String.format(", HOT, "concatenation, on the cold path"),
            only("java.lang.String.formatted(", HOT, "concatenation, on the cold path"),
            only("java.nio.channels.FileChannel.", CRASH_SAFE, "daemon.io.BlockFile, which a simulated disk can crash"),
            only("java.io.RandomAccessFile.", CRASH_SAFE, "daemon.io.BlockFile, which a simulated disk can crash"),
            only("java.io.FileOutputStream.", CRASH_SAFE, "daemon.io.BlockFile, which a simulated disk can crash"));

    /** For every line, tests too. */
    static final List<Ban> EVERYWHERE = List.of(
            everywhere("java.util.Random.<init>()", "new Random(seed), and print the seed when a test fails"),
            everywhere("java.lang.Math.random(", "new Random(seed), and print the seed when a test fails"),
            everywhere("java.lang.String.getBytes()", "name the charset"),
            everywhere("java.lang.String.<init>([B)", "name the charset"));

    /** For tests. */
    static final List<Ban> IN_TESTS = List.of(
            everywhere("java.lang.Thread.sleep(", "wait for what should happen, with a deadline"),
            everywhere("java.util.concurrent.TimeUnit.sleep(", "wait for what should happen, with a deadline"),
            everywhere("java.util.concurrent.ThreadLocalRandom.", "new Random(seed), and print the seed"));

    private static Ban everywhere(String call, String instead) {
        return new Ban(call, Set.of(), Set.of(), instead);
    }

    private static Ban except(String call, Set<String> rooms, String instead) {
        return new Ban(call, Set.of(), rooms, instead);
    }

    private static Ban only(String call, Set<String> rooms, String instead) {
        return new Ban(call, rooms, Set.of(), instead);
    }

    /** @param target full name as ArchUnit prints it */
    boolean means(String target) {
        return call.startsWith(".") ? target.contains(call) : target.startsWith(call);
    }

    /** @param packageName without the root package */
    boolean holdsIn(String packageName) {
        return (only.isEmpty() || lies(packageName, only)) && !lies(packageName, except);
    }

    private static boolean lies(String packageName, Set<String> rooms) {
        return rooms.stream().anyMatch(room -> packageName.equals(room) || packageName.startsWith(room + "."));
    }
}
