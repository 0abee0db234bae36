package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;

/**
 * Tells a backup or a check of a whole disk from a boot: a long stream, which is one of 64 MiB of pages seen for the
 * first time, or of three quarters of the recording's budget if that is less, ascending. Follows a few streams at once
 * and lets one be a little out of order, because several connections carry one stream side by side. Streams that go on
 * side by side, as of a copy that divides the disk among its connections, are found when they are half as long
 * together: none of them alone may ever become long.
 *
 * <p>Design note: a guest that wakes up reads its saved state in one long stream too, and that is to be read ahead. It
 * lies anywhere on the disk, but a backup begins at the beginning, or is several streams. So one long stream alone that
 * begins elsewhere is no scan; the budget of the recording bounds it.
 *
 * <p>Owned by the agent of the disk.
 */
final class ScanDetector {

    private static final int STREAMS = 8;
    private static final int MAX_SCANS = 16;
    private static final int SCAN_PAGES = 64 << (20 - Pages.PAGE_SHIFT);
    /**
     * 4 MiB. Two streams go on side by side if each is read on after the other was this long; an initial ramdisk and a
     * saved state behind it are not.
     */
    private static final int BROAD_PAGES = 4 << (20 - Pages.PAGE_SHIFT);
    /** How far from its expected page a read may be, 2 MiB. */
    private static final int SLACK_PAGES = 2 << (20 - Pages.PAGE_SHIFT);

    private final long[] firstPages = new long[STREAMS];
    private final int[] firstEntries = new int[STREAMS];
    private final long[] nextPages = new long[STREAMS];
    private final int[] newPages = new int[STREAMS];
    private final long[] lastReads = new long[STREAMS];
    /** At which read a stream became {@link #BROAD_PAGES} long; none has if it is the largest number. */
    private final long[] broadReads = new long[STREAMS];
    private final int[] scans = new int[STREAMS];

    private final int scanPages;
    private final long[] scanFirstPages = new long[MAX_SCANS];
    private final long[] scanEndPages = new long[MAX_SCANS];
    private final int[] scanFirstEntries = new int[MAX_SCANS];
    private volatile int scanCount;
    /** Of the one long stream that is no scan so far. */
    private int resumePages;
    private long reads;

    /** @param budgetPages of the recording, which should not be full before a scan is found */
    ScanDetector(int budgetPages) {
        scanPages = Math.min(SCAN_PAGES, budgetPages / 4 * 3);
        for (int i = 0; i < STREAMS; i++) {
            nextPages[i] = -1 - SLACK_PAGES;
            broadReads[i] = Long.MAX_VALUE;
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
        broadReads[oldest] = Long.MAX_VALUE;
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
        if (newPages[stream] >= BROAD_PAGES && broadReads[stream] == Long.MAX_VALUE) {
            broadReads[stream] = reads;
        }
        int pages = registerBeside(stream);
        if (scans[stream] < 0) {
            if (newPages[stream] < scanPages || scanCount == MAX_SCANS) {
                return pages;
            }
            register(stream);
            pages = newPages[stream];
        }
        if (isResume()) {
            resumePages = newPages[stream];
            return 0;
        }
        pages += resumePages;
        resumePages = 0;
        return pages;
    }

    /** @return pages of streams that are found to be one scan */
    private int registerBeside(int stream) {
        int pages = 0;
        int beside = 0;
        for (int i = 0; i < STREAMS; i++) {
            if (isBeside(stream, i)) {
                pages += newPages[i];
                beside |= 1 << i;
            }
        }
        final int count = Integer.bitCount(beside);
        if (count < 2 || pages < scanPages / 2 || scanCount + count > MAX_SCANS) {
            return 0;
        }
        for (int i = 0; i < STREAMS; i++) {
            if ((beside & 1 << i) != 0) {
                register(i);
            }
        }
        return pages;
    }

    /** Whether both are no scans yet, and each was read after the other had become broad; of itself, whether it is. */
    private boolean isBeside(int stream, int other) {
        return scans[stream] < 0 && scans[other] < 0
                && lastReads[stream] >= broadReads[other] && lastReads[other] >= broadReads[stream];
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
