package io.varve.daemon.extent;

/**
 * Where a page lives, packed into a long so that a leaf is two flat arrays and neighbours can be compared by one
 * addition: bits 0 to 35 the page in the blob, 36 to 59 the blob of the chain, 62 and 63 the kind of {@link Run}.
 *
 * <p>Immutable.
 */
final class Target {

    static final int BLOB_PAGE_BITS = 36;
    static final int BLOB_INDEX_BITS = 24;

    private static final int KIND_SHIFT = 62;
    private static final long BLOB_PAGE_MASK = (1L << BLOB_PAGE_BITS) - 1;
    private static final int BLOB_INDEX_MASK = (1 << BLOB_INDEX_BITS) - 1;

    static final long ABSENT = (long) Run.ABSENT << KIND_SHIFT;
    static final long ZERO = (long) Run.ZERO << KIND_SHIFT;

    private Target() {}

    static long data(int blobIndex, long blobPage) {
        return (long) Run.DATA << KIND_SHIFT | (long) blobIndex << BLOB_PAGE_BITS | blobPage;
    }

    /** The target of the page {@code pageCount} pages further on in the same segment. */
    static long advance(long target, long pageCount) {
        return kind(target) == Run.DATA ? target + pageCount : target;
    }

    static int kind(long target) {
        return (int) (target >>> KIND_SHIFT);
    }

    static int blobIndex(long target) {
        return (int) (target >>> BLOB_PAGE_BITS) & BLOB_INDEX_MASK;
    }

    static long blobPage(long target) {
        return target & BLOB_PAGE_MASK;
    }

    /** The target of an extent's page {@code skip} pages after its first. */
    static long of(ExtentList extents, int extent, long skip) {
        int kind = extents.kind(extent);
        if (kind == Run.ZERO) {
            return ZERO;
        }
        int blobIndex = extents.blobIndex(extent);
        long blobPage = extents.blobPage(extent);
        if (kind != Run.DATA || blobIndex < 0 || blobIndex > BLOB_INDEX_MASK
                || blobPage < 0 || blobPage + extents.pageCount(extent) > BLOB_PAGE_MASK + 1) {
            throw new IllegalArgumentException("extent " + extent + " has kind " + kind + ", blob " + blobIndex
                    + ", blob page " + blobPage);
        }
        return data(blobIndex, blobPage + skip);
    }
}
