package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.agrona.collections.LongArrayList;

/**
 * Gives the disk space of zeroed pages back, some time after they were zeroed, a bounded step at a time.
 *
 * <p>Design note: holes are punched on the thread that also writes, right after it has seen that the pages are still
 * ZERO, because a hole that is punched any later may land on a page that was written again. For the same reason there
 * is no list of promises to punch: a run is looked at again page by page, and what was rewritten is left alone.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class HolePuncher {

    /** What one step covers at most, so that requests are served between two steps. Pages. */
    private static final long STEP_PAGES = (16L << 20) >>> Pages.PAGE_SHIFT;
    private static final int MAX_WAITING = 2 * 4096;

    private final BlockFile data;
    private final StateMap states;
    private final Health health;
    private final int minRunPages;
    /** Pages that are ZERO but had data when they became so. Space of others was never taken. */
    private final PageSet stale;
    /** Pairs: page, pages. */
    private final LongArrayList waiting = new LongArrayList();
    private Executor scheduler;
    private boolean scheduled;
    private boolean stopped;

    /** @param minRunPages shorter runs are left allocated */
    HolePuncher(BlockFile data, StateMap states, Health health, int minRunPages) {
        this.data = data;
        this.states = states;
        this.health = health;
        this.minRunPages = minRunPages;
        this.stale = new PageSet(states.pageCount());
    }

    /** @param scheduler runs a task later on the owner's thread, never at once */
    void attach(Executor scheduler) {
        this.scheduler = scheduler;
    }

    /** The pages had data and are ZERO from now on. */
    void zeroed(long pageIndex, long pageCount) {
        stale.add(pageIndex, pageCount);
    }

    /** The pages may be punched from now on, where they are ZERO; the rest of the range is skipped. */
    void release(long pageIndex, long pageCount) {
        if (stopped) {
            return;
        }
        long end = pageIndex + pageCount;
        for (long page = stale.next(pageIndex); page >= 0 && page < end; page = stale.next(page)) {
            long run = stale.runLength(page, end - page);
            if (run >= minRunPages && waiting.size() < MAX_WAITING) {
                waiting.addLong(page);
                waiting.addLong(run);
            }
            page += run;
        }
        schedule();
    }

    private void schedule() {
        if (!scheduled && !waiting.isEmpty() && scheduler != null) {
            scheduled = true;
            scheduler.execute(this::step);
        }
    }

    private void step() {
        scheduled = false;
        if (health.failed() || waiting.isEmpty()) {
            waiting.clear();
            return;
        }
        int last = waiting.size() - 2;
        long pageIndex = waiting.getLong(last);
        long pageCount = waiting.getLong(last + 1);
        long step = pageCount < STEP_PAGES + minRunPages ? pageCount : STEP_PAGES;
        if (step == pageCount) {
            waiting.removeAt(last + 1);
            waiting.removeAt(last);
        } else {
            waiting.setLong(last, pageIndex + step);
            waiting.setLong(last + 1, pageCount - step);
        }
        punch(pageIndex, pageIndex + step);
        schedule();
    }

    private void punch(long from, long to) {
        try {
            for (long page = from; page < to; ) {
                long run = states.runLength(page, to - page);
                if (states.state(page) == Overlay.ZERO && run >= minRunPages) {
                    data.punchHole(Pages.offset(page), Pages.offset(run));
                    stale.remove(page, run);
                }
                page += run;
            }
        } catch (NoSpaceException noRoomToSplitExtents) {
            waiting.clear();
        } catch (IOException e) {
            health.fail(e);
        }
    }

    /** Nothing is punched any more. */
    void stop() {
        stopped = true;
        waiting.clear();
    }
}
