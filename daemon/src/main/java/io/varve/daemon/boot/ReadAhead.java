package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Loads the entries of a sequence that the windows of clients ask for, each once, the one that is first in the
 * sequence first, in steps of 1 MiB: after each step whatever else waits has its turn. An entry that a client has read
 * by itself is not loaded for that client.
 *
 * <p>Thread-safe because agents write the windows, and steps run one at a time: the one that has {@code stepping} owns
 * the cursors.
 */
final class ReadAhead {

    private static final int STEP_PAGES = 1 << (20 - Pages.PAGE_SHIFT);
    /** States of an entry, beside 0. */
    private static final int TAKEN = 1;
    private static final int LOADED = 2;

    private final Sequence sequence;
    private final WaveMemory memory;
    private final Executor background;
    private final AtomicIntegerArray states;
    /** Replaced as a whole: an agent goes through it, too, and must not allocate. */
    private volatile Window[] windows = {};
    private final AtomicBoolean stepping = new AtomicBoolean();
    /** Times that a window has grown. */
    private final AtomicInteger growth = new AtomicInteger();
    private final AtomicLong loadedPages = new AtomicLong();
    private final Runnable step = this::step;
    private volatile boolean stopped;
    private volatile IOException failure;

    /** @param memory takes what does not stay near by itself; null if there is none */
    ReadAhead(Sequence sequence, WaveMemory memory, Executor background) {
        this.sequence = sequence;
        this.memory = memory;
        this.background = background;
        this.states = new AtomicIntegerArray(sequence.entryCount());
    }

    Sequence sequence() {
        return sequence;
    }

    /**
     * For one more client, which wants nothing yet.
     *
     * @param demandedPages of each entry, as its agent counts them
     */
    Window open(PageLoader loader, AtomicIntegerArray demandedPages) {
        final Window window = new Window(loader, demandedPages);
        add(window);
        return window;
    }

    private synchronized void add(Window window) {
        final Window[] more = Arrays.copyOf(windows, windows.length + 1);
        more[windows.length] = window;
        windows = more;
    }

    private synchronized void remove(Window window) {
        windows = Arrays.stream(windows).filter(each -> each != window).toArray(Window[]::new);
    }

    /** What one client wants: the entries from one to another. Owned by its agent, but for what the step reads. */
    final class Window {

        private final PageLoader loader;
        private final AtomicIntegerArray demandedPages;
        private volatile int from;
        private volatile int end;
        private volatile int reach;
        private volatile boolean closed;
        /** Of the entries before it, none is wanted any more. Owned by the step. */
        private int cursor;

        private Window(PageLoader loader, AtomicIntegerArray demandedPages) {
            this.loader = loader;
            this.demandedPages = demandedPages;
        }

        /** Lets all entries before {@code newEnd} be loaded, and no more. */
        void extendTo(int newEnd) {
            final int oldEnd = end;
            end = newEnd;
            reach = Math.max(reach, newEnd);
            for (int entry = oldEnd; entry < newEnd; entry++) {
                if (states.get(entry) == 0) {
                    growth.getAndIncrement();
                    schedule();
                    return;
                }
            }
        }

        /** Nothing more is wanted, for now. */
        void retract() {
            end = 0;
        }

        /** Entries before {@code entry} need not be loaded any more. */
        void skipTo(int entry) {
            from = entry;
        }

        boolean loaded(int entry) {
            return states.get(entry) == LOADED;
        }

        /** Behind the last entry that was ever wanted. Any thread. */
        int reach() {
            return reach;
        }

        /** Nothing is wanted ever again. Any thread; {@link #forget} must follow. */
        void close() {
            closed = true;
        }

        /** For whom has time. */
        void forget() {
            remove(this);
        }

        private boolean wants() {
            if (closed) {
                return false;
            }
            cursor = Math.max(cursor, from);
            final int limit = end;
            while (cursor < limit && (states.get(cursor) != 0 || isRead(cursor))) {
                cursor++;
            }
            return cursor < limit;
        }

        private boolean isRead(int entry) {
            return demandedPages.get(entry) >= sequence.pageCount(entry);
        }
    }

    boolean loaded(int entry) {
        return states.get(entry) == LOADED;
    }

    /** Pages loaded that the client for which they were loaded had not asked for. */
    long loadedPages() {
        return loadedPages.get();
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
            threads().execute(step);
        } catch (final RejectedExecutionException ex) {
            stopped = true; // the daemon stops
        }
    }

    /** Where the loaders of the clients, which read the same layers, want to run. */
    private Executor threads() {
        for (final Window each : windows) {
            if (!each.closed) {
                return each.loader.threads(background);
            }
        }
        return background;
    }

    private void step() {
        final int seen = growth.get();
        final Window first = nearest();
        if (first != null) {
            loadInside(first);
        }
        if (!stopped && nearest() != null) {
            submit();
            return;
        }
        stepping.set(false);
        if (growth.get() != seen) {
            schedule();
        }
    }

    /** The window whose next entry is the first one in the sequence; null if nobody wants anything. */
    private Window nearest() {
        Window nearest = null;
        for (final Window each : windows) {
            if (each.wants() && (nearest == null || each.cursor < nearest.cursor)) {
                nearest = each;
            }
        }
        return nearest;
    }

    private void loadInside(Window first) {
        if (memory == null) {
            load(first.loader, first);
        } else if (memory.enter()) {
            try {
                load(first.loader, first);
            } finally {
                memory.leave();
            }
        } else {
            stopped = true; // the wave is over
        }
    }

    private void load(PageLoader loader, Window first) {
        final int[] taken = new int[STEP_PAGES];
        final List<PageRange> ranges = new ArrayList<>();
        long newPages = 0;
        Window next = first;
        for (int pages = 0; next != null && pages < STEP_PAGES; next = nearest()) {
            final int entry = next.cursor;
            states.set(entry, TAKEN);
            taken[ranges.size()] = entry;
            ranges.add(new PageRange(sequence.pageIndex(entry), sequence.pageCount(entry)));
            pages += sequence.pageCount(entry);
        }
        try {
            if (!loader.load(ranges, memory)) {
                first.close();
                putBack(taken, ranges.size());
                return;
            }
            for (int i = 0; i < ranges.size(); i++) {
                newPages += sequence.pageCount(taken[i]) - first.demandedPages.get(taken[i]);
                states.set(taken[i], LOADED);
            }
            loadedPages.getAndAdd(newPages);
        } catch (final IOException ex) {
            fail(ex);
        } catch (final RuntimeException ex) {
            fail(new IOException("reading ahead failed by a defect of ours", ex));
        }
    }

    /** The disk through which they were to be loaded is closed: another one takes them. */
    private void putBack(int[] taken, int count) {
        for (int i = 0; i < count; i++) {
            states.set(taken[i], 0);
        }
        for (final Window each : windows) {
            each.cursor = Math.min(each.cursor, taken[0]);
        }
    }

    private void fail(IOException cause) {
        failure = cause;
        stopped = true;
    }
}
