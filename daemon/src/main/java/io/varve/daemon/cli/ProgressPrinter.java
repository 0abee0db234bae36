package io.varve.daemon.cli;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Shows progress: a bar that is redrawn on a terminal; elsewhere a line every now and then, on the stream of results,
 * because stderr is for what goes wrong. A job that is over at once shows nothing.
 *
 * <p>Owned by the thread that does the job.
 */
final class ProgressPrinter implements ProgressListener, AutoCloseable {

    private static final int BAR_WIDTH = 30;
    private static final long REDRAW_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LINE_NS = TimeUnit.SECONDS.toNanos(10);

    private final String what;
    private final PrintStream out;
    private final boolean redraws;
    private final LongSupplier clockNs;
    private long shownNs;
    private int shownLength;

    /** @param what subject of every line, such as {@code importing win.raw} */
    static ProgressPrinter on(Surroundings here, String what) {
        return here.terminal()
                ? new ProgressPrinter(what, here.err(), true, System::nanoTime)
                : new ProgressPrinter(what, here.out(), false, System::nanoTime);
    }

    ProgressPrinter(String what, PrintStream out, boolean redraws, LongSupplier clockNs) {
        this.what = what;
        this.out = out;
        this.redraws = redraws;
        this.clockNs = clockNs;
        this.shownNs = clockNs.getAsLong();
    }

    void onProgress(long doneLength, long totalLength) {
        onProgress(doneLength, totalLength, 0);
    }

    @Override
    public void onProgress(long doneLength, long totalLength, long rate) {
        long nowNs = clockNs.getAsLong();
        if (nowNs - shownNs < (redraws ? REDRAW_NS : LINE_NS)) {
            return;
        }
        shownNs = nowNs;
        String text = what + " " + (redraws ? bar(doneLength, totalLength) + " " : "")
                + Units.share(doneLength, totalLength) + " of " + Units.bytes(totalLength)
                + (rate == 0 ? "" : ", " + Units.bytes(rate) + "/s");
        if (redraws) {
            redraw(text);
        } else {
            out.println(text);
            out.flush();
        }
    }

    private static String bar(long done, long total) {
        int filled = total == 0 ? 0 : (int) Math.min(BAR_WIDTH, done * (double) BAR_WIDTH / total);
        return "[" + "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled) + "]";
    }

    private void redraw(String text) {
        out.print("\r" + text + " ".repeat(Math.max(0, shownLength - text.length())));
        out.flush();
        shownLength = text.length();
    }

    /** Takes the bar away, so that the next line starts at the left. */
    @Override
    public void close() {
        if (shownLength > 0) {
            out.print("\r" + " ".repeat(shownLength) + "\r");
            out.flush();
        }
    }
}
