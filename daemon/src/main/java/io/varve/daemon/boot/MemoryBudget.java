package io.varve.daemon.boot;

import io.varve.daemon.io.MachineMemory;
import io.varve.daemon.io.Pages;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Pages that the memories of all waves may take together: 1 GiB, or a quarter of the machine's memory if that is less.
 *
 * <p>Thread-safe because it is one atomic number.
 */
final class MemoryBudget {

    private static final long MAX_LENGTH = 1L << 30;

    private final AtomicLong leftPages;

    /** @param pages 0 or more */
    MemoryBudget(long pages) {
        leftPages = new AtomicLong(pages);
    }

    static MemoryBudget ofMachine() {
        return new MemoryBudget(Pages.index(Math.min(MAX_LENGTH, MachineMemory.length() / 4)));
    }

    /** @return false if there are not so many left */
    boolean take(int pages) {
        if (leftPages.addAndGet(-pages) >= 0) {
            return true;
        }
        leftPages.addAndGet(pages);
        return false;
    }

    void give(int pages) {
        leftPages.addAndGet(pages);
    }

    long leftPages() {
        return leftPages.get();
    }
}
