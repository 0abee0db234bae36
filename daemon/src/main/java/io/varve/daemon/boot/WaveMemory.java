package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pages that a wave has in common because reading them a second time would be as dear as the first time: those of
 * compressed files, of machines far away of which nothing is kept here. What does not fit is not kept.
 *
 * <p>A page is known by its source and its place there, not by its place on the disk, because a client's chain may say
 * something else about that place than another's. Pages are put in, and never changed or taken out; the memory is given
 * back as a whole, when the wave is over and the last one who was inside has left.
 *
 * <p>Thread-safe because a page is published by one release write after its bytes and its key are written, and putting
 * is behind a lock. Who is not a member with a boot under way must {@link #enter}.
 */
public final class WaveMemory {

    private static final Logger LOGGER = LoggerFactory.getLogger(WaveMemory.class);
    /** 512 MiB. */
    static final int MAX_PAGES = 512 << (20 - Pages.PAGE_SHIFT);
    /** Pages are taken from the budget so many at a time. */
    private static final int BUDGET_STEP = 256;
    /** Who waits for another reader of the same bytes so long reads them itself. */
    private static final long CLAIM_WAIT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private final MemoryBudget budget;
    private final WavePack pack;
    private final int capacity;
    private final AtomicInteger users = new AtomicInteger(1);
    private final List<Claim> claims = new ArrayList<>();
    private volatile Table table;
    /** Pages of the budget that are ours. Guarded by this. */
    private int budgeted;
    private volatile boolean full;

    /** Bytes of a source that somebody reads. */
    public record Claim(BlockSource source, long position, long length) {

        private boolean overlaps(Claim other) {
            return source == other.source && position < other.position + other.length
                    && other.position < position + length;
        }
    }

    /** What the pages are, and where. Slots are filled in order. */
    private static final class Table {

        private final AtomicIntegerArray buckets;
        private final int mask;
        private final BlockSource[] sources;
        private final long[] pageIndexes;
        private final BootMemory memory;
        private volatile int used;

        Table(int capacity) {
            final int bucketCount = Integer.highestOneBit(Math.max(1, capacity * 2 - 1)) << 1;
            memory = new BootMemory(Math.multiplyExact(capacity, Pages.PAGE_SIZE));
            buckets = new AtomicIntegerArray(bucketCount);
            mask = bucketCount - 1;
            sources = new BlockSource[capacity];
            pageIndexes = new long[capacity];
        }

        /** @return slot of the page; or, if it is not here, the complement of the bucket that it would go to */
        int find(BlockSource source, long pageIndex) {
            int bucket = (int) ((pageIndex + System.identityHashCode(source)) * SPREAD >>> 32) & mask;
            while (true) {
                final int slot = buckets.getAcquire(bucket) - 1;
                if (slot < 0) {
                    return ~bucket;
                }
                if (pageIndexes[slot] == pageIndex && sources[slot] == source) {
                    return slot;
                }
                bucket = bucket + 1 & mask;
            }
        }

        void add(int bucket, BlockSource source, long pageIndex, DirectBuffer bytes, int index) {
            final int slot = used;
            memory.buffer().putBytes(slot << Pages.PAGE_SHIFT, bytes, index, Pages.PAGE_SIZE);
            sources[slot] = source;
            pageIndexes[slot] = pageIndex;
            used = slot + 1;
            buckets.setRelease(bucket, slot + 1);
        }
    }

    /**
     * Takes no memory yet.
     *
     * @param capacity pages, at least 1; at most {@link #MAX_PAGES} are kept
     * @param pack     closed when the memory is given back
     */
    WaveMemory(MemoryBudget budget, int capacity, WavePack pack) {
        this.budget = budget;
        this.pack = pack;
        this.capacity = Math.min(capacity, MAX_PAGES);
    }

    /**
     * Reads what is here, without waiting, from the start of the range on.
     *
     * @return bytes, 1 to {@code length}; or {@link BlockSource#WOULD_BLOCK}
     */
    public int readNow(BlockSource source, long position, MutableDirectBuffer destination, int index, int length) {
        final Table pages = table;
        if (pages == null) {
            return BlockSource.WOULD_BLOCK;
        }
        int done = 0;
        while (done < length) {
            final long at = position + done;
            final int slot = pages.find(source, Pages.index(at));
            if (slot < 0) {
                break;
            }
            final int inPage = (int) at & Pages.PAGE_MASK;
            final int count = Math.min(length - done, Pages.PAGE_SIZE - inPage);
            destination.putBytes(index + done, pages.memory.buffer(), (slot << Pages.PAGE_SHIFT) + inPage, count);
            done += count;
        }
        return done == 0 ? BlockSource.WOULD_BLOCK : done;
    }

    /** Whether all of the bytes are here. */
    public boolean holds(BlockSource source, long position, long length) {
        final Table pages = table;
        boolean all = pages != null;
        for (long at = position & ~Pages.PAGE_MASK; all && at < position + length; at += Pages.PAGE_SIZE) {
            all = pages.find(source, Pages.index(at)) >= 0;
        }
        return all;
    }

    /**
     * Keeps those of the pages that fit and are not here.
     *
     * @param position of whole pages in the source, as is {@code length}
     */
    public synchronized void put(BlockSource source, long position, DirectBuffer bytes, int index, int length) {
        for (int done = 0; done < length && !full; done += Pages.PAGE_SIZE) {
            final long pageIndex = Pages.index(position + done);
            final Table pages = tableForOneMore();
            final int bucket = pages == null ? 0 : ~pages.find(source, pageIndex);
            if (pages != null && bucket >= 0) {
                pages.add(bucket, source, pageIndex, bytes, index + done);
            }
        }
    }

    /** Null if there is no room. */
    private Table tableForOneMore() {
        final int used = table == null ? 0 : table.used;
        if (used == budgeted) {
            final int step = Math.min(BUDGET_STEP, capacity - used);
            if (step <= 0 || !budget.take(step)) {
                full = true;
                return null;
            }
            budgeted += step;
        }
        if (table == null) {
            try {
                table = new Table(capacity);
            } catch (final UncheckedIOException ex) {
                LOGGER.warn("a wave goes on without memory of its own: {}", ex.getCause().getMessage());
                full = true;
            }
        }
        return table;
    }

    /** Where some of the pages can be had in a few long reads. */
    public WavePack pack() {
        return pack;
    }

    /** Whether nothing more is kept, so that reading ahead into it is in vain. */
    public boolean isFull() {
        return full;
    }

    /** Whether what clients ask for by themselves is kept no more, so that there is room for what is learned. */
    public boolean isHalfFull() {
        final Table pages = table;
        return full || pages != null && pages.used >= capacity / 2;
    }

    /** Pages that are here. */
    int usedPages() {
        final Table pages = table;
        return pages == null ? 0 : pages.used;
    }

    /**
     * Before reading bytes that others may be reading at this moment: waits until they have them, or have failed, or
     * two seconds are over. For threads that may wait; what is claimed must be given back by {@link #release}.
     */
    public synchronized Claim claim(BlockSource source, long position, long length) {
        final Claim mine = new Claim(source, position, length);
        final long deadlineNs = System.nanoTime() + CLAIM_WAIT_NS;
        long leftNs = CLAIM_WAIT_NS;
        while (leftNs > 0 && claims.stream().anyMatch(mine::overlaps)) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, leftNs);
            } catch (final InterruptedException ex) {
                Thread.currentThread().interrupt();
                break;
            }
            leftNs = deadlineNs - System.nanoTime();
        }
        claims.add(mine);
        return mine;
    }

    public synchronized void release(Claim claim) {
        claims.removeIf(each -> each == claim);
        notifyAll();
    }

    /** The memory stays until {@link #leave}. @return false if it is gone already */
    public boolean enter() {
        int count = users.get();
        while (count > 0 && !users.compareAndSet(count, count + 1)) {
            count = users.get();
        }
        return count > 0;
    }

    /** Also called once for the wave itself, when it is over. */
    public void leave() {
        if (users.decrementAndGet() == 0) {
            giveBack();
        }
    }

    private synchronized void giveBack() {
        final Table pages = table;
        table = null;
        full = true;
        budget.give(budgeted);
        budgeted = 0;
        if (pages != null) {
            pages.memory.close();
        }
        pack.close();
    }
}
