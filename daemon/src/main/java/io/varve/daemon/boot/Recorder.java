package io.varve.daemon.boot;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes down which pages a boot reads, first touch of each, until the boot is over, the client leaves, or the budget
 * of 10 % of the image (at least 64 MiB, at most 512 MiB) is used up. What was written down of a burst that ended the
 * boot ({@link BootClock}) is not learned.
 *
 * <p>An entry is 16 bytes, off-heap: page index u64, page count u32, microseconds u32, native order. Entries are only
 * appended and never changed, so that a worker may read those that are published while the agent still appends.
 *
 * <p>Owned by the agent of the disk, but for {@link #finishIfIdle}, {@link #isWaiting}, {@link #giveUp},
 * {@link #sequence} and {@link #release}, for any thread.
 */
final class Recorder implements BootTracker {

    private static final int ENTRY_LENGTH = 16;
    private static final int COUNT_OFFSET = 8;
    private static final int TIME_OFFSET = 12;
    /** Entries that a scan or a probe may use up without harm to the recording. */
    private static final int SPARE_ENTRIES = 16384;

    private final TouchedPages touched;
    private final ScanDetector scans;
    private final BootClock clock = new BootClock();
    private final BootMemory memory;
    private final UnsafeBuffer entries;
    private final int maxEntries;
    private final int maxPages;
    private final AtomicInteger entryCount = new AtomicInteger();
    private final AtomicBoolean finished = new AtomicBoolean();
    /** The agent, and who stores what was learned: the last one gives the memory back. */
    private final AtomicInteger users = new AtomicInteger(2);
    private boolean closed;
    private final Consumer<Recorder> onFinished;
    private volatile int firstEntry;
    private volatile int recordedPages;
    /** What was written down at this microsecond or later is not of the boot. Set before the boot is finished. */
    private volatile int endUs = Integer.MAX_VALUE;

    /**
     * @param pageCount  of the disk
     * @param onFinished called once, on the thread that finds out; must return at once
     */
    Recorder(long pageCount, Consumer<Recorder> onFinished) {
        this.touched = new TouchedPages(pageCount);
        this.maxPages = Sequence.budgetPages(pageCount);
        this.scans = new ScanDetector(maxPages);
        this.maxEntries = maxPages + SPARE_ENTRIES;
        this.memory = new BootMemory(maxEntries * ENTRY_LENGTH);
        this.entries = memory.buffer();
        this.onFinished = onFinished;
    }

    @Override
    public void onRead(long pageIndex, int pageCount, long nowNs) {
        if (finished.get()) {
            return;
        }
        switch (clock.onRead(nowNs, recordedPages)) {
            case BEGINS -> begin();
            case OVER -> {
                endUs = clock.burstUs();
                finish();
                return;
            }
            default -> { }
        }
        final int stream = scans.stream(pageIndex, pageCount, entryCount.get());
        final int newPages = append(pageIndex, pageCount, clock.elapsedUs(nowNs), scans.isScan(stream));
        if (newPages > 0) {
            recordedPages = Math.max(0, recordedPages + newPages - scans.add(stream, newPages));
            if (recordedPages >= maxPages || entryCount.get() == maxEntries) {
                finish();
            }
        }
    }

    /** What was recorded before was no boot: its pages are new again. Few, or this would not be asked for. */
    private void begin() {
        final int end = entryCount.get();
        for (int i = firstEntry; i < end; i++) {
            final int index = i * ENTRY_LENGTH;
            final long pageIndex = entries.getLong(index);
            for (int page = 0; page < entries.getInt(index + COUNT_OFFSET); page++) {
                touched.remove(pageIndex + page);
            }
        }
        firstEntry = end;
        recordedPages = 0;
    }

    /** Appends an entry for each piece of the range that is touched first; returns its pages, 0 for a scan. */
    private int append(long pageIndex, int pageCount, int elapsedUs, boolean scan) {
        int newPages = 0;
        int pieceStart = -1;
        for (int i = 0; i <= pageCount; i++) {
            if (i < pageCount && touched.add(pageIndex + i)) {
                pieceStart = pieceStart < 0 ? i : pieceStart;
            } else if (pieceStart >= 0) {
                if (!scan && publish(pageIndex + pieceStart, i - pieceStart, elapsedUs)) {
                    newPages += i - pieceStart;
                }
                pieceStart = -1;
            }
        }
        return newPages;
    }

    private boolean publish(long pageIndex, int pageCount, int elapsedUs) {
        final int count = entryCount.get();
        if (count == maxEntries) {
            return false;
        }
        final int index = count * ENTRY_LENGTH;
        entries.putLong(index, pageIndex);
        entries.putInt(index + COUNT_OFFSET, pageCount);
        entries.putInt(index + TIME_OFFSET, elapsedUs);
        entryCount.lazySet(count + 1);
        return true;
    }

    @Override
    public Activity activity() {
        return finished.get() ? Activity.NONE : Activity.RECORDING;
    }

    @Override
    public BootCounters counters() {
        return BootCounters.ZERO;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            finish();
            release();
        }
    }

    /**
     * Called once by whom {@code onFinished} has told, when the sequence is no longer needed. Clients that come and go
     * would otherwise leave more memory behind than a collector of the heap has reason to look for.
     */
    void release() {
        if (users.decrementAndGet() == 0) {
            memory.close();
            touched.close();
        }
    }

    /** For a client that booted and now reads nothing: finishes if there is a boot and the last read is long ago. */
    boolean finishIfIdle(long nowNs) {
        if (recordedPages >= BootClock.MIN_BOOT_PAGES && clock.idle(nowNs)) {
            finish();
        }
        return finished.get();
    }

    /** Whether the client has not booted, and does not seem to. Any thread. */
    boolean isWaiting(long nowNs) {
        final int pages = recordedPages;
        return pages == 0 || pages < BootClock.MIN_BOOT_PAGES && clock.idle(nowNs);
    }

    /** Nobody waits for the boot any more. Any thread. */
    void giveUp() {
        finish();
    }

    /** Instead of everything else: it was made in vain. */
    void discard() {
        release();
        release();
    }

    private void finish() {
        if (finished.compareAndSet(false, true)) {
            onFinished.accept(this);
        }
    }

    /** What was learned; empty if it was no boot. Takes milliseconds. */
    Optional<Sequence> sequence() {
        final int end = entryCount.get();
        final int burstUs = endUs;
        final SequenceBuilder builder = SequenceBuilder.ofTouches();
        for (int i = firstEntry; i < end; i++) {
            final int index = i * ENTRY_LENGTH;
            final long pageIndex = entries.getLong(index);
            final int elapsedUs = entries.getInt(index + TIME_OFFSET);
            if (elapsedUs < burstUs && !scans.inScan(i, pageIndex)) {
                builder.add(pageIndex, entries.getInt(index + COUNT_OFFSET), elapsedUs);
            }
        }
        final Sequence sequence = builder.build();
        return sequence.pageCount() < BootClock.MIN_BOOT_PAGES ? Optional.empty() : Optional.of(sequence);
    }
}
