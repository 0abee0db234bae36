package io.varve.daemon.extent;

/**
 * The extents of one layer, sorted by page and disjoint; what {@link ExtentMap} is flattened from. Pages that no
 * extent covers are absent: the layers below decide.
 *
 * <p>Immutable.
 */
public interface ExtentList {

    /** At most 2^31-1. */
    int extentCount();

    /** First page in the virtual disk. */
    long pageIndex(int extent);

    /** At least 1. */
    long pageCount(int extent);

    /** {@link Run#ZERO} or {@link Run#DATA}. */
    int kind(int extent);

    /** Which blob of the <em>chain</em> the data lives in; only for {@link Run#DATA}. */
    int blobIndex(int extent);

    /** First page inside that blob; only for {@link Run#DATA}. */
    long blobPage(int extent);
}
