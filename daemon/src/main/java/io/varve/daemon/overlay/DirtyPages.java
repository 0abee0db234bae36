package io.varve.daemon.overlay;

/**
 * What the next commit has to make durable, and which pages the live half of the journal could bring back.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class DirtyPages {

    private final PageSet changed;
    private final PageSet overwritten;
    private final PageSet live;

    DirtyPages(long pageCount) {
        changed = new PageSet(pageCount);
        overwritten = new PageSet(pageCount);
        live = new PageSet(pageCount);
    }

    /** Pages whose state changed since the last epoch began. */
    PageSet changed() {
        return changed;
    }

    /** PRESENT pages that were written in place since the last epoch began; some may be among the changed too. */
    PageSet overwritten() {
        return overwritten;
    }

    /** Pages whose last mention in the live half of the journal is a payload: replay would write them. */
    PageSet live() {
        return live;
    }

    boolean isEmpty() {
        return changed.isEmpty() && overwritten.isEmpty();
    }

    /** All that is dirty now belongs to the epoch that begins. */
    void beginEpoch() {
        changed.clear();
        overwritten.clear();
    }

    /** The record is durable in the live half. */
    void recorded(JournalRecord record) {
        for (int entry = 0; entry < record.entryCount(); entry++) {
            if (record.kind(entry) == JournalRecord.PAYLOAD) {
                live.add(record.pageIndex(entry), record.pageCount(entry));
            } else {
                live.remove(record.pageIndex(entry), record.pageCount(entry));
            }
        }
    }

    /** The live half is a new, empty one. */
    void checkpointed() {
        live.clear();
    }
}
