package io.varve.daemon.overlay;

import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The states of regions as runs of pages that share one, for regions in which these are few: 2 bytes a run in place of
 * 4096 for the bits. In a run u16, bits 0 to 13 are its first page in the region, 14 and 15 the state; the runs of a
 * region are in ascending order, the first begins at 0, neighbours differ.
 *
 * <p>Regions are only added, and are numbered from 0 on. What was added never changes.
 *
 * <p>Owned by the thread that adds; what it had added before it handed the table on, may be read by others.
 */
final class RegionRuns {

    /** Runs of a region. With more, half a kilobyte is no longer much shorter than bits, and slower to search. */
    static final int MAX_COUNT = 256;
    static final int RUN_LENGTH = Character.BYTES;

    private static final int STATE_SHIFT = StateMap.REGION_SHIFT;
    private static final int PAGE_MASK = StateMap.REGION_PAGES - 1;
    private static final int PAGES_PER_WORD = Long.SIZE / 2;
    private static final int NO_STATE = 3;

    private char[] runs = new char[MAX_COUNT];
    /** Where the runs of each region begin, and behind the last one where they end. */
    private int[] starts = new int[2];
    private int regionCount;

    int regionCount() {
        return regionCount;
    }

    /** Forgets all regions. */
    void clear() {
        regionCount = 0;
    }

    /**
     * Adds a region.
     *
     * @param bits of it, {@link MapFormat#BITS_LENGTH} bytes from {@code offset} on
     * @return false if it has more than {@value #MAX_COUNT} runs: nothing was added
     */
    boolean addBits(DirectBuffer bits, int offset) {
        begin();
        int start = starts[regionCount];
        int end = start;
        int state = NO_STATE;
        for (int index = 0; index < StateMap.WORD_COUNT; index++) {
            long word = bits.getLong(offset + index * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
            int page = 0;
            while (page < PAGES_PER_WORD) {
                long different = (word ^ StateMap.pattern(state)) >>> (page << 1);
                if (different == 0) {
                    break;
                }
                page += Long.numberOfTrailingZeros(different) >>> 1;
                if (end - start == MAX_COUNT) {
                    return false;
                }
                state = (int) (word >>> (page << 1)) & 3;
                runs[end++] = (char) (state << STATE_SHIFT | index * PAGES_PER_WORD + page);
            }
        }
        commit(end);
        return true;
    }

    /** Adds a region of another table. */
    void add(RegionRuns other, int region) {
        begin();
        System.arraycopy(other.runs, other.starts[region], runs, starts[regionCount], other.count(region));
        commit(starts[regionCount] + other.count(region));
    }

    /**
     * Adds a region that somebody has stored.
     *
     * @param count 1 to {@value #MAX_COUNT}
     * @param pages of the region that the disk has; behind them all must be ABSENT
     * @return false if the runs make no sense: nothing was added
     */
    boolean add(DirectBuffer from, int index, int count, int pages) {
        begin();
        int end = starts[regionCount];
        int runBefore = NO_STATE << STATE_SHIFT;
        for (int i = 0; i < count; i++) {
            char run = from.getChar(index + i * RUN_LENGTH, ByteOrder.LITTLE_ENDIAN);
            boolean ascends = i == 0 ? page(run) == 0 : page(run) > page(runBefore);
            if (!ascends || state(run) == state(runBefore) || state(run) == NO_STATE
                    || i > 0 && page(run) > pages && state(runBefore) != Overlay.ABSENT) {
                return false;
            }
            runs[end++] = run;
            runBefore = run;
        }
        if (pages < StateMap.REGION_PAGES && state(runBefore) != Overlay.ABSENT) {
            return false;
        }
        commit(end);
        return true;
    }

    /** Room for one more region. */
    private void begin() {
        if (runs.length - starts[regionCount] < MAX_COUNT) {
            runs = Arrays.copyOf(runs, 2 * runs.length);
        }
        if (starts.length < regionCount + 2) {
            starts = Arrays.copyOf(starts, 2 * starts.length);
        }
    }

    private void commit(int end) {
        starts[++regionCount] = end;
    }

    private static int page(int run) {
        return run & PAGE_MASK;
    }

    private static int state(int run) {
        return run >>> STATE_SHIFT;
    }

    /** Runs of a region. */
    int count(int region) {
        return starts[region + 1] - starts[region];
    }

    /** Bytes of them. */
    int length(int region) {
        return count(region) * RUN_LENGTH;
    }

    void put(int region, MutableDirectBuffer to, int index) {
        for (int run = starts[region], at = index; run < starts[region + 1]; run++, at += RUN_LENGTH) {
            to.putChar(at, runs[run], ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Index of the run that holds a page of the region. */
    private int find(int region, int page) {
        int low = starts[region];
        int high = starts[region + 1] - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (page(runs[middle]) <= page) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private int end(int region, int run) {
        return run + 1 < starts[region + 1] ? page(runs[run + 1]) : StateMap.REGION_PAGES;
    }

    int state(int region, int page) {
        return state(runs[find(region, page)]);
    }

    /** The first page behind {@code page} that has another state; {@link StateMap#REGION_PAGES} if none has. */
    int endOfRun(int region, int page) {
        return end(region, find(region, page));
    }

    /** Pages of the region that are in a state. */
    int count(int region, int state) {
        int count = 0;
        for (int run = starts[region]; run < starts[region + 1]; run++) {
            count += state(runs[run]) == state ? end(region, run) - page(runs[run]) : 0;
        }
        return count;
    }
}
