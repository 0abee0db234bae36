package io.varve.daemon.store;

import io.varve.daemon.boot.SamePages;
import io.varve.daemon.extent.Run;
import io.varve.daemon.layer.Chain;

/**
 * Pages that two chains have at one place, from the same page of the same blob. A page that both have by different
 * blobs may be the same, too; that is not looked at.
 *
 * <p>Owned by the thread that compares.
 */
final class UnchangedPages implements SamePages {

    private final Chain from;
    private final Chain to;
    private final Run fromRun = new Run();
    private final Run toRun = new Run();

    UnchangedPages(Chain from, Chain to) {
        this.from = from;
        this.to = to;
    }

    @Override
    public boolean isSame(long pageIndex) {
        if (pageIndex >= from.extents().pageCount() || pageIndex >= to.extents().pageCount()) {
            return false;
        }
        from.extents().lookup(pageIndex, 1, fromRun);
        to.extents().lookup(pageIndex, 1, toRun);
        return fromRun.kind() == Run.DATA
                && toRun.kind() == Run.DATA
                && fromRun.blobPage() == toRun.blobPage()
                && from.sameBlob(fromRun.blobIndex(), to, toRun.blobIndex());
    }
}
