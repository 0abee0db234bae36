package io.varve.daemon.remote;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.SourceRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/**
 * What to fetch ahead, a batch for one fetch at a time: the chunks of the ranges that are missing, those that are
 * needed first in the first batch. Where each piece costs a request, small gaps between them are fetched too, as long
 * as all of it stays near what is wanted.
 *
 * <p>Owned by the thread that reads ahead.
 */
final class AheadPlan {

    static final int MAX_BATCH_CHUNKS = 4 << 20 >> Chunks.CHUNK_SHIFT;
    /** Ranges of one request: a header of less than 4 KiB, of which servers take twice that at least. */
    static final int MAX_PIECES = 64;
    /** Of the bytes that are wanted, how many may be fetched. */
    private static final int MAX_PERCENT = 110;

    private final List<SourceRange> ranges;
    private final long diskSize;
    private final IntPredicate isMissing;
    private int range;
    private long position;

    /**
     * @param ranges    what is needed first, first; what lies outside of the disk does not count
     * @param isMissing whether a chunk is to be fetched, as of now
     */
    AheadPlan(List<SourceRange> ranges, long diskSize, IntPredicate isMissing) {
        this.ranges = ranges;
        this.diskSize = diskSize;
        this.isMissing = isMissing;
        this.position = ranges.isEmpty() ? 0 : ranges.get(0).position();
    }

    /**
     * @param joinGaps whether each piece costs a request
     * @return ascending; empty if nothing is left
     */
    NavigableSet<Integer> next(boolean joinGaps) {
        NavigableSet<Integer> batch = new TreeSet<>();
        long wantedBytes = 0;
        int pieces = 0;
        while (range < ranges.size()) {
            long end = Math.min(diskSize, ranges.get(range).end());
            if (position >= end) {
                range++;
                position = range < ranges.size() ? ranges.get(range).position() : 0;
                continue;
            }
            int chunk = Chunks.index(position);
            long next = Math.min(end, Chunks.position(chunk + 1));
            if (batch.contains(chunk)) {
                wantedBytes += next - position;
            } else if (isMissing.test(chunk)) {
                int more = 1 - (batch.contains(chunk - 1) ? 1 : 0) - (batch.contains(chunk + 1) ? 1 : 0);
                if (batch.size() == MAX_BATCH_CHUNKS || pieces + more > MAX_PIECES) {
                    break;
                }
                batch.add(chunk);
                pieces += more;
                wantedBytes += next - position;
            }
            position = next;
        }
        if (joinGaps) {
            joinGaps(batch, wantedBytes);
        }
        return batch;
    }

    /** Chunks between two that are fetched. Immutable. */
    private record Gap(int first, int count) {}

    private void joinGaps(NavigableSet<Integer> batch, long wantedBytes) {
        List<Gap> gaps = new ArrayList<>();
        Integer previous = null;
        for (int chunk : batch) {
            if (previous != null && chunk - previous > 1) {
                gaps.add(new Gap(previous + 1, chunk - previous - 1));
            }
            previous = chunk;
        }
        gaps.sort(Comparator.comparingInt(Gap::count));
        // Whoever names a page twice wants it once.
        long wanted = Math.min(wantedBytes, (long) batch.size() * Chunks.CHUNK_SIZE);
        long chunks = wanted * MAX_PERCENT / 100 / Chunks.CHUNK_SIZE - batch.size();
        for (Gap gap : gaps) {
            if (gap.count > chunks) {
                break;
            }
            if (isAllMissing(gap)) {
                for (int i = 0; i < gap.count; i++) {
                    batch.add(gap.first + i);
                }
                chunks -= gap.count;
            }
        }
    }

    private boolean isAllMissing(Gap gap) {
        for (int i = 0; i < gap.count; i++) {
            if (!isMissing.test(gap.first + i)) {
                return false;
            }
        }
        return true;
    }
}
