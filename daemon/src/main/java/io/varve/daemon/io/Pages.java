package io.varve.daemon.io;

/** Arithmetic of the page, the unit of mapping and of the overlay. Immutable. */
public final class Pages {

    public static final int PAGE_SHIFT = 12;
    /** Bytes. */
    public static final int PAGE_SIZE = 1 << PAGE_SHIFT;
    public static final int PAGE_MASK = PAGE_SIZE - 1;

    private Pages() {}

    /** Pages that {@code length} bytes from the start of a page touch. */
    public static long count(long length) {
        return (length + PAGE_MASK) >>> PAGE_SHIFT;
    }

    public static long index(long offset) {
        return offset >>> PAGE_SHIFT;
    }

    public static long offset(long pageIndex) {
        return pageIndex << PAGE_SHIFT;
    }
}
