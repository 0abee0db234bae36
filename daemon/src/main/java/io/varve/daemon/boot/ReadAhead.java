package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Loads the entries of a sequence in order, up to a limit that moves on, in steps of 1 MiB: after each step whatever
 * else waits has its turn. Entries that the client has read by itself are passed over.
 *
 * <p>Thread-safe because the agent writes the limit and the flags, and steps run one at a time: the one that has
 * {@code stepping} owns the cursor.
 */
final class ReadAhead {

    private static final int STEP_PAGES = 1 << (20 - Pages.PAGE_SHIFT);

    private final Sequence sequence;
    private final PageLoader loader;
    private final Executor background;
    private final AtomicIntegerArray demandedPages;
    private final AtomicIntegerArray loaded;
    private final AtomicBoolean stepping = new AtomicBoolean();
    private final AtomicLong prefetchedPages = new AtomicLong();
    private final Runnable step = this::step;
    private int cursor;
    private volatile int limit;
    private volatile int skipTo;
    private volatile boolean stopped;
    private volatile IOException failure;

    /** @param demandedPages of each entry, as the agent counts them */
    ReadAhead(Sequence sequence, PageLoader loader, Executor background, AtomicIntegerArray demandedPages) {
        this.sequence = sequence;
        this.loader = loader;
        this.background = background;
        this.demandedPages = demandedPages;
        this.loaded = new AtomicIntegerArray(sequence.entryCount());
    }

    /** Lets all entries before {@code newLimit} be loaded, and no more. Agent only. */
    void extendTo(int newLimit) {
        limit = newLimit;
        schedule();
    }

    /** Entries before {@code entry} need not be loaded any more. Agent only. */
    void skipTo(int entry) {
        skipTo = entry;
    }

    /** The step that runs is the last one. */
    void stop() {
        stopped = true;
    }

    boolean loaded(int entry) {
        return loaded.get(entry) != 0;
    }

    /** Pages loaded that nobody had asked for. */
    long prefetchedPages() {
        return prefetchedPages.get();
    }

    /** Why loading stopped by itself; null if it did not. */
    IOException failure() {
        return failure;
    }

    private void schedule() {
        if (!stopped && stepping.compareAndSet(false, true)) {
            submit();
        }
    }

    private void submit() {
        try {
            background.execute(step);
        } catch (final RejectedExecutionException ex) {
            stopped = true; // the daemon stops
        }
    }

    private void step() {
        try {
            cursor = Math.max(cursor, skipTo);
            final int first = cursor;
            final List<PageRange> wanted = takeStep();
            if (!wanted.isEmpty()) {
                loader.load(wanted);
                noteLoaded(first);
            }
        } catch (final IOException ex) {
            fail(ex);
        } catch (final RuntimeException ex) {
            fail(new IOException("reading ahead failed by a defect of ours", ex));
        }
        if (!stopped && cursor < limit) {
            submit();
            return;
        }
        final int end = cursor;
        stepping.set(false);
        if (end < limit) {
            schedule();
        }
    }

    private void fail(IOException cause) {
        failure = cause;
        stopped = true;
    }

    private List<PageRange> takeStep() {
        final List<PageRange> wanted = new ArrayList<>();
        for (int pages = 0; !stopped && cursor < limit && pages < STEP_PAGES; cursor++) {
            if (isWanted(cursor)) {
                wanted.add(new PageRange(sequence.pageIndex(cursor), sequence.pageCount(cursor)));
                pages += sequence.pageCount(cursor);
            }
        }
        return wanted;
    }

    private boolean isWanted(int entry) {
        return demandedPages.get(entry) < sequence.pageCount(entry);
    }

    private void noteLoaded(int first) {
        for (int entry = first; entry < cursor; entry++) {
            if (isWanted(entry)) {
                loaded.set(entry, 1);
                prefetchedPages.getAndAdd(sequence.pageCount(entry) - demandedPages.get(entry));
            }
        }
    }
}
