package io.varve.daemon.layer;

/**
 * Pages in a row, of a disk or of a blob.
 *
 * <p>Immutable.
 *
 * @param pageCount at least 1
 */
public record PageRange(long firstPage, long pageCount) {

    public long lastPage() {
        return firstPage + pageCount - 1;
    }

    /** {@code 7}, or {@code 7 to 9}. */
    @Override
    public String toString() {
        return pageCount == 1 ? Long.toString(firstPage) : firstPage + " to " + lastPage();
    }
}
