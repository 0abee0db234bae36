package io.varve.daemon.cli;

import io.varve.daemon.boot.LoggedReads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The reads of a boot as marks of a picture: reads that lie close together in time and on the disk, of one layer, one
 * place and one prediction, become one mark where there are too many.
 *
 * <p>Owned by the thread that draws.
 */
final class BootMarks {

    /** Bins along each axis at first; halved until the marks are few enough. */
    private static final int FINEST = 1 << 13;

    private final LoggedReads reads;
    private final long spanUs;
    private final long diskPageCount;

    /** @param spanUs microseconds that no read begins behind */
    BootMarks(LoggedReads reads, long spanUs, long diskPageCount) {
        this.reads = reads;
        this.spanUs = Math.max(1, spanUs);
        this.diskPageCount = Math.max(1, diskPageCount);
    }

    /** Owned by the thread that draws. */
    static final class Mark {
        final int first;
        int readCount;
        long pageCount;
        long stallUs;
        int longestUs;

        private Mark(int first) {
            this.first = first;
        }

        private void add(LoggedReads reads, int read) {
            readCount++;
            pageCount += reads.pageCount(read);
            stallUs += reads.stallUs(read);
            longestUs = Math.max(longestUs, reads.stallUs(read));
        }
    }

    private record Cell(long time, long page, int layer, int kind) {}

    /** In the order of time. @param limit marks at most, unless even the coarsest picture has more */
    List<Mark> marks(int limit) {
        int bins = FINEST;
        List<Mark> marks = reads.count() <= limit ? single() : binned(bins);
        while (marks.size() > limit && bins > 1) {
            bins /= 2;
            marks = binned(bins);
        }
        return marks;
    }

    private List<Mark> single() {
        List<Mark> marks = new ArrayList<>(reads.count());
        for (int i = 0; i < reads.count(); i++) {
            Mark mark = new Mark(i);
            mark.add(reads, i);
            marks.add(mark);
        }
        return marks;
    }

    private List<Mark> binned(int bins) {
        Map<Cell, Mark> cells = new HashMap<>();
        List<Mark> marks = new ArrayList<>();
        for (int i = 0; i < reads.count(); i++) {
            int read = i;
            int kind = reads.place(i).ordinal() << 2 | reads.prediction(i).ordinal();
            Cell cell = new Cell(reads.timeUs(i) * (long) bins / (spanUs + 1),
                    (long) ((double) reads.pageIndex(i) * bins / diskPageCount), reads.layer(i), kind);
            cells.computeIfAbsent(cell, unknown -> {
                Mark mark = new Mark(read);
                marks.add(mark);
                return mark;
            }).add(reads, i);
        }
        return marks;
    }
}
