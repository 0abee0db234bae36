package io.varve.daemon.boot;

import io.varve.daemon.io.Place;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes down every read of a boot that the chain answers: when, which pages, from where, and how long the client
 * waited. Until the boot is over or the client leaves; what is more than {@value #MAX_ENTRIES} entries is only counted.
 *
 * <pre>
 *   entry, two u64 in native order
 *     page index 34 bits | page count 14 | blob of the chain 13 | place 3
 *     microseconds since the first read 27 | microseconds of waiting 27 | prediction 2 | unused 8
 * </pre>
 *
 * <p>Design note: a read that waits gets its place and its time when it is answered, in the entry that it has already:
 * so that nothing need be remembered about it elsewhere, and entries are in the order of asking.
 *
 * <p>Owned by the agent of the disk, but for {@link #finishIfIdle}, {@link #reads} and {@link #release}, for any
 * thread.
 */
public final class BootLog {

    /** Answer of {@link #onRead}: the read is not written down. */
    public static final long NO_ENTRY = -1;
    /** For boots that nobody looks at. */
    public static final BootLog NONE = new BootLog();

    static final int MAX_ENTRIES = 32768;
    static final int ENTRY_LENGTH = 16;
    static final int PAGE_BITS = 34;
    static final int MAX_PAGE_COUNT = (1 << 14) - 1;
    static final int MAX_BLOB_INDEX = (1 << 13) - 1;
    /** Microseconds; 134 s. */
    static final int MAX_US = (1 << 27) - 1;

    private static final int TIMES_OFFSET = 8;
    private static final int COUNT_SHIFT = PAGE_BITS;
    private static final int BLOB_SHIFT = 48;
    private static final int PLACE_SHIFT = 61;
    private static final int STALL_SHIFT = 27;
    private static final int PREDICTION_SHIFT = 54;
    private static final long PAGE_MASK = (1L << PAGE_BITS) - 1;
    private static final long PLACE_MASK = 7L << PLACE_SHIFT;

    private final BootTracker tracker;
    private final BootMemory memory;
    private final UnsafeBuffer buffer;
    private final BooleanSupplier admission;
    private final Consumer<BootLog> onFinished;
    private final BootClock clock = new BootClock();
    private final AtomicInteger entryCount = new AtomicInteger();
    private final AtomicLong pages = new AtomicLong();
    private final AtomicLong droppedReads = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean finished = new AtomicBoolean();
    /** The agent, and who stores what was written down: the last one gives the memory back. */
    private final AtomicInteger users = new AtomicInteger(2);
    /** What {@link #onRead} called the entry at the start of the memory. */
    private long firstEntry;
    private volatile boolean admitted;
    private volatile long startMs;
    private boolean left;
    private long usedBefore;
    private long lateBefore;
    private long missedBefore;

    private BootLog() {
        this.tracker = null;
        this.memory = null;
        this.buffer = null;
        this.admission = null;
        this.onFinished = null;
        this.finished.set(true);
        this.left = true;
    }

    /**
     * @param tracker    sees each read before this does
     * @param admission  asked once, when the boot begins: false if so many others are written down that this is not
     * @param onFinished called once, on the thread that finds out; must return at once
     * @throws java.io.UncheckedIOException if the machine refuses so many addresses
     */
    BootLog(BootTracker tracker, BooleanSupplier admission, Consumer<BootLog> onFinished) {
        this.tracker = tracker;
        this.memory = new BootMemory(MAX_ENTRIES * ENTRY_LENGTH);
        this.buffer = memory.buffer();
        this.admission = admission;
        this.onFinished = onFinished;
    }

    /**
     * A run of a read, found in a blob of the chain, and answered at once unless {@link #onPark} follows.
     *
     * @return for the other calls; {@link #NO_ENTRY} if it is not written down
     */
    public long onRead(long pageIndex, int pageCount, int blobIndex, long nowNs) {
        if (finished.get()) {
            leave();
            return NO_ENTRY;
        }
        if (waiting.getPlain() > 0) {
            clock.onWait(nowNs);
        }
        switch (clock.onRead(nowNs, pages.getPlain())) {
            case BEGINS -> {
                if (!begin()) {
                    return NO_ENTRY;
                }
            }
            case OVER -> {
                finish();
                return NO_ENTRY;
            }
            default -> { }
        }
        pages.lazySet(pages.getPlain() + pageCount);
        if (entryCount.get() == MAX_ENTRIES) {
            droppedReads.lazySet(droppedReads.getPlain() + 1);
            return NO_ENTRY;
        }
        final Prediction prediction = prediction();
        return append(
                pageIndex & PAGE_MASK
                        | (long) Math.min(pageCount, MAX_PAGE_COUNT) << COUNT_SHIFT
                        | (long) Math.min(blobIndex, MAX_BLOB_INDEX) << BLOB_SHIFT,
                Math.min(clock.elapsedUs(nowNs), MAX_US) | (long) prediction.ordinal() << PREDICTION_SHIFT);
    }

    /** What was written down before was no boot. */
    private boolean begin() {
        if (!admitted) {
            admitted = admission.getAsBoolean();
            if (!admitted) {
                finish();
                return false;
            }
        }
        startMs = System.currentTimeMillis();
        firstEntry += entryCount.get();
        entryCount.lazySet(0);
        waiting.lazySet(0);
        pages.lazySet(0);
        return true;
    }

    private Prediction prediction() {
        final long used = tracker.usedPages();
        final long late = tracker.latePages();
        final long missed = tracker.missedPages();
        final long newUsed = used - usedBefore;
        final long newLate = late - lateBefore;
        final long newMissed = missed - missedBefore;
        usedBefore = used;
        lateBefore = late;
        missedBefore = missed;
        if (newUsed + newLate + newMissed == 0) {
            return Prediction.NONE;
        }
        if (newMissed > newUsed + newLate) {
            return Prediction.MISSED;
        }
        return newLate > newUsed ? Prediction.LATE : Prediction.USED;
    }

    private long append(long where, long times) {
        final int count = entryCount.get();
        if (count == MAX_ENTRIES) {
            droppedReads.lazySet(droppedReads.getPlain() + 1);
            return NO_ENTRY;
        }
        buffer.putLong(count * ENTRY_LENGTH, where);
        buffer.putLong(count * ENTRY_LENGTH + TIMES_OFFSET, times);
        entryCount.lazySet(count + 1);
        return firstEntry + count;
    }

    /**
     * The run is not in memory from a page on: the client waits.
     *
     * @param pageIndex the first page of the run, or a later one of it
     * @return what the part that waits is called from now on
     */
    public long onPark(long entry, long pageIndex) {
        final int position = position(entry);
        if (position < 0) {
            return NO_ENTRY;
        }
        final long where = buffer.getLong(position);
        final long times = buffer.getLong(position + TIMES_OFFSET);
        final long before = pageIndex - (where & PAGE_MASK);
        final long count = where >>> COUNT_SHIFT & MAX_PAGE_COUNT;
        long waits = entry;
        if (before > 0 && before < count) {
            final long rest = where & ~PAGE_MASK & ~((long) MAX_PAGE_COUNT << COUNT_SHIFT);
            waits = append(rest | pageIndex & PAGE_MASK | count - before << COUNT_SHIFT, times);
            if (waits == NO_ENTRY) {
                return NO_ENTRY;
            }
            buffer.putLong(position, rest | where & PAGE_MASK | before << COUNT_SHIFT);
        }
        place(position(waits), Place.NOWHERE);
        waiting.lazySet(waiting.getPlain() + 1);
        return waits;
    }

    /** What waited is answered. */
    public void onAnswer(long entry, Place place, long nowNs) {
        final int position = position(entry);
        if (position < 0) {
            return;
        }
        clock.onWait(nowNs);
        final long times = buffer.getLong(position + TIMES_OFFSET);
        final long stallUs = Math.min(MAX_US, Math.max(0, clock.elapsedUs(nowNs) - (times & MAX_US)));
        buffer.putLong(position + TIMES_OFFSET, times | stallUs << STALL_SHIFT);
        place(position, place);
        waiting.lazySet(waiting.getPlain() - 1);
    }

    /** The memory that boots share had the run, or its beginning, when the source had not: nobody waited. */
    public void onShared(long entry) {
        final int position = position(entry);
        if (position >= 0) {
            place(position, Place.PACK);
        }
    }

    private void place(int position, Place place) {
        buffer.putLong(position, buffer.getLong(position) & ~PLACE_MASK | (long) place.ordinal() << PLACE_SHIFT);
    }

    /** -1 if it is not here, or not any more. */
    private int position(long entry) {
        return entry < firstEntry || finished.get() ? -1 : (int) (entry - firstEntry) * ENTRY_LENGTH;
    }

    /** The client is gone. Returns at once. */
    void close() {
        finish();
        leave();
    }

    private void leave() {
        if (!left) {
            left = true;
            release();
        }
    }

    /** Called once by whom {@code onFinished} has told, when the entries are no longer needed. */
    void release() {
        if (users.decrementAndGet() == 0) {
            memory.close();
        }
    }

    /** For a client that booted and now reads nothing. @return whether it is finished, now or before */
    boolean finishIfIdle(long nowNs) {
        if (pages.get() >= BootClock.MIN_BOOT_PAGES && waiting.get() == 0 && clock.idle(nowNs)) {
            finish();
        }
        return finished.get();
    }

    private void finish() {
        if (finished.compareAndSet(false, true)) {
            onFinished.accept(this);
        }
    }

    /** Whether it was ever asked for admission, and got it. For whom {@code onFinished} has told. */
    boolean wasAdmitted() {
        return admitted;
    }

    /** Whether what was written down is a boot. */
    boolean isBoot() {
        return admitted && pages.get() >= BootClock.MIN_BOOT_PAGES;
    }

    /** Of the first read. */
    Instant start() {
        return Instant.ofEpochMilli(startMs);
    }

    /**
     * What was written down, in the order of asking. For whom {@code onFinished} has told, before {@link #release}.
     *
     * @param layerOfBlob index in the chain, by the blobs of the chain
     */
    LoggedReads reads(int[] layerOfBlob) {
        final LoggedReads.Builder reads = new LoggedReads.Builder();
        reads.setDropped(droppedReads.get());
        final int count = entryCount.get();
        for (int i = 0; i < count; i++) {
            final long where = buffer.getLong(i * ENTRY_LENGTH);
            final long times = buffer.getLong(i * ENTRY_LENGTH + TIMES_OFFSET);
            final int blob = (int) (where >>> BLOB_SHIFT) & MAX_BLOB_INDEX;
            reads.add((int) times & MAX_US, where & PAGE_MASK, (int) (where >>> COUNT_SHIFT) & MAX_PAGE_COUNT,
                    (int) (times >>> STALL_SHIFT) & MAX_US, Place.of((int) (where >>> PLACE_SHIFT)),
                    blob < layerOfBlob.length ? layerOfBlob[blob] : LoggedReads.NO_LAYER,
                    Prediction.of((int) (times >>> PREDICTION_SHIFT) & 3));
        }
        return reads.build();
    }
}
