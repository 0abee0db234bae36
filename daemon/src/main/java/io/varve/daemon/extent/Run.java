package io.varve.daemon.extent;

/**
 * One piece of a lookup: consecutive pages that live in one place. A caller's scratch object, filled by
 * {@link ExtentMap#lookup}, so that a lookup allocates nothing.
 *
 * <p>Owned by the thread that looks up.
 */
public final class Run {

    /** No layer says anything about the pages; they read as zero. */
    public static final int ABSENT = 0;
    /** A layer says that the pages are zero. */
    public static final int ZERO = 1;
    /** The pages are in a blob. */
    public static final int DATA = 2;

    private int kind;
    private long pageCount;
    private int blobIndex;
    private long blobPage;

    /** {@link #ABSENT}, {@link #ZERO} or {@link #DATA}. */
    public int kind() {
        return kind;
    }

    /** Pages from the one that was looked up; at least 1. */
    public long pageCount() {
        return pageCount;
    }

    /** Which blob of the chain; only for {@link #DATA}. */
    public int blobIndex() {
        return blobIndex;
    }

    /** Page inside the blob where the run starts; only for {@link #DATA}. */
    public long blobPage() {
        return blobPage;
    }

    /** For pages that no map knows, such as those behind the end of a parent. */
    public void setAbsent(long newPageCount) {
        set(ABSENT, newPageCount, 0, 0);
    }

    void set(int kind, long pageCount, int blobIndex, long blobPage) {
        this.kind = kind;
        this.pageCount = pageCount;
        this.blobIndex = blobIndex;
        this.blobPage = blobPage;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case ABSENT -> "absent x " + pageCount;
            case ZERO -> "zero x " + pageCount;
            default -> "data x " + pageCount + " at blob " + blobIndex + " page " + blobPage;
        };
    }
}
