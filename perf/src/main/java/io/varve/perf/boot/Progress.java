package io.varve.perf.boot;

import java.io.PrintStream;

/**
 * Tells whoever waits what is being done, and since when.
 *
 * <p>Owned by the main thread.
 */
final class Progress {

    private final PrintStream out;
    private final long startNs = System.nanoTime();
    private String doing = "";

    /** @param out beside the table, which is on standard output */
    Progress(PrintStream out) {
        this.out = out;
    }

    /** What is done from now on. */
    void begin(String what) {
        doing = what;
        line(what);
    }

    /** How far it has come. */
    void say(String news) {
        line(doing + ": " + news);
    }

    private void line(String text) {
        long seconds = (System.nanoTime() - startNs) / 1_000_000_000;
        out.printf("[%3d:%02d] %s%n", seconds / 60, seconds % 60, text);
    }
}
