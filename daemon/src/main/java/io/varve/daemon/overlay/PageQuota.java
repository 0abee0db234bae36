package io.varve.daemon.overlay;

import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many pages an overlay holds, and how many it may hold. Only pages that are PRESENT count, whatever space the file
 * system took for them.
 *
 * <p>Owned by the thread that owns the overlay, but for {@link #heldPages} and {@link #maxPages}, which any thread may
 * ask and which may lag a moment.
 */
final class PageQuota {

    private static final long NO_LIMIT = Long.MAX_VALUE;
    private static final VarHandle HELD = handle("heldPages");
    private static final VarHandle MAX = handle("maxPages");

    private final String name;
    private long heldPages;
    private long maxPages = NO_LIMIT;

    /** @param name whose quota, for messages */
    PageQuota(String name, long heldPages) {
        this.name = name;
        this.heldPages = heldPages;
    }

    private static VarHandle handle(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(PageQuota.class, field, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** @param pages 0 for no limit; fewer than are held already only stops the growth */
    void limit(long pages) {
        MAX.setOpaque(this, pages == 0 ? NO_LIMIT : pages);
    }

    boolean isLimited() {
        return maxPages != NO_LIMIT;
    }

    /** 0 if there is no limit. */
    long maxPages() {
        long max = (long) MAX.getOpaque(this);
        return max == NO_LIMIT ? 0 : max;
    }

    long heldPages() {
        return (long) HELD.getOpaque(this);
    }

    /** @throws NoSpaceException if so many more pages than now are too many */
    void require(long newPages) throws NoSpaceException {
        if (newPages > 0 && newPages > maxPages - heldPages) {
            throw new NoSpaceException("overlay " + name + ": " + Pages.offset(newPages) + " more bytes do not fit: it "
                    + "holds " + Pages.offset(heldPages) + " of the " + Pages.offset(maxPages) + " bytes of its quota",
                    null);
        }
    }

    /** @param pages negative if they went */
    void add(long pages) {
        HELD.setOpaque(this, heldPages + pages);
    }
}
