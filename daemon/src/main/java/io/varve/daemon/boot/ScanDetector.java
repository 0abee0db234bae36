package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;

/**
 * Tells a backup or a check of a whole disk from a boot: a long stream, which is one of more than 64 MiB of pages seen
 * for the first time, ascending. Follows a few streams at once and lets one be a little out of order, because several
 * connections carry one stream side by side.
 *
 * <p>Design note: a guest that wakes up reads its saved state in one long stream too, and that is to be read ahead. It
 * lies anywhere on the disk, but a backup begins at the beginning, or is several streams. So one long stream alone that
 * begins elsewhere is no scan; the budget of the recording bounds it.
 *
 * <p>Owned by the agent of the disk.
 */
final class ScanDetector {

    private static final int STREAMS = 4;
    private static final int MAX_SCANS = 16;
    private static final int SCAN_PAGES = 64 << (20 - Pages.PAGE_SHIFT);
    /** How far from its expected page a read may be, 2 MiB. */
    private static final int SLACK_PAGES = 2 << (20 - Pages.PAGE_SHIFT);

    private final long[] firstPages = new long[STREAMS];
    private final int[] firstEntries = new int[STREAMS];
    private final long[] nextPages = new long[STREAMS];
    private final int[] newPages = new int[STREAMS];
    private final long[] lastReads = new long[STREAMS];
    private final int[] scans = new int[STREAMS];

    private final long[] scanFirstPages = new long[MAX_SCANS];
    private final long[] scanEndPages = new long[MAX_SCANS];
    private final int[] scanFirstEntries = new int[MAX_SCANS];
    private volatile int scanCount;
    /** Of the one long stream that is no scan so far. */
    private int resumePages;
    private long reads;

    ScanDetector() {
        for (int i = 0; i < STREAMS; i++) {
            nextPages[i] = -1 - SLACK_PAGES;
            scans[i] = -1;
        }
    }

    /**
     * The stream that the read continues or begins.
     *
     * @param entryCount entries recorded so far: a scan takes none of those that are older than itself
     */
    int stream(long pageIndex, int pageCount, int entryCount) {
        final long endPage = pageIndex + pageCount;
        int oldest = 0;
        reads++;
        for (int i = 0; i < STREAMS; i++) {
            if (Math.abs(pageIndex - nextPages[i]) <= SLACK_PAGES) {
                nextPages[i] = Math.max(nextPages[i], endPage);
                lastReads[i] = reads;
                if (scans[i] >= 0) {
                    scanEndPages[scans[i]] = nextPages[i];
                }
                return i;
            }
            if (lastReads[i] < lastReads[oldest]) {
                oldest = i;
            }
        }
        firstPages[oldest] = pageIndex;
        firstEntries[oldest] = entryCount;
        nextPages[oldest] = endPage;
        newPages[oldest] = 0;
        lastReads[oldest] = reads;
        scans[oldest] = -1;
        return oldest;
    }

    /** Whether what is long is no scan after all. */
    private boolean isResume() {
        return scanCount == 1 && scanFirstPages[0] > SLACK_PAGES;
    }

    /** Whether the stream was found to be a scan. */
    boolean isScan(int stream) {
        return scans[stream] >= 0 && !isResume();
    }

    /**
     * Adds pages seen for the first time to a stream that is no scan.
     *
     * @return pages that are found to be of a scan now, and so are no pages of the boot
     */
    int add(int stream, int newPageCount) {
        newPages[stream] += newPageCount;
        if (scans[stream] < 0) {
            if (newPages[stream] <= SCAN_PAGES || scanCount == MAX_SCANS) {
                return 0;
            }
            register(stream);
        }
        if (isResume()) {
            resumePages = newPages[stream];
            return 0;
        }
        final int pages = newPages[stream] + resumePages;
        resumePages = 0;
        return pages;
    }

    private void register(int stream) {
        final int scan = scanCount;
        scans[stream] = scan;
        scanFirstPages[scan] = firstPages[stream];
        scanFirstEntries[scan] = firstEntries[stream];
        scanEndPages[scan] = nextPages[stream];
        scanCount = scan + 1;
    }

    /** Whether a recorded entry is of a scan. Any thread may ask once the owner stopped. */
    boolean inScan(int entry, long pageIndex) {
        final int count = isResume() ? 0 : scanCount;
        for (int i = 0; i < count; i++) {
            if (entry >= scanFirstEntries[i] && pageIndex >= scanFirstPages[i] && pageIndex < scanEndPages[i]) {
                return true;
            }
        }
        return false;
    }
}
