package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.agrona.MutableDirectBuffer;

/**
 * Keeps the reading of a learned sequence ahead of a client that boots, and counts how well it was predicted. Where
 * several were learned, it begins with the first, and goes over to the one that the first reads of the boot are of. How
 * far ahead is a window behind the last entry that the client asked for: 4 MiB at first, because nobody knows yet
 * whether this is a boot, 4 pages more for each page that was predicted, and in the end 32 MiB or one second of
 * recorded time, whichever is more.
 *
 * <p>Design note: the window follows the entry that was demanded furthest along the sequence, but a stray read far
 * ahead, behind the window or more than 64 entries ahead in it, does not drag it there; only several of them in a row
 * do, and then what lies between is skipped, because the client evidently skipped it. Bounding what is loaded and not
 * yet used instead would let useless pages fill the window for good.
 *
 * <p>Owned by the agent of the disk, but for {@link #counters} and {@link #activity}.
 */
final class Replayer implements BootTracker {

    static final int FIRST_WINDOW_PAGES = 4 << (20 - Pages.PAGE_SHIFT);
    static final int WINDOW_PAGES = 32 << (20 - Pages.PAGE_SHIFT);
    private static final int WINDOW_US = (int) TimeUnit.SECONDS.toMicros(1);
    private static final int WINDOW_GROWTH = 4;
    private static final int STRAYS_TO_JUMP = 8;
    /** Every so many entries behind the client, the share of useful ones decides whether to go on. */
    private static final int JUDGED_ENTRIES = 256;
    private static final int LEAST_USEFUL_ENTRIES = JUDGED_ENTRIES * 30 / 100;
    /** Entries that are not judged yet, or passed over at once, because boots differ a little in their order. */
    private static final int SLACK_ENTRIES = 64;

    private static final Track[] NO_TRACKS = {};

    private final WaveMemory memory;
    private volatile Track[] tracks;
    /** Null once released, as {@link #track}: an agent whose boot is over asks for neither. */
    private VariantChoice choice;
    private final Consumer<Replayer> onOver;
    private final TouchedPages touched;
    private final BootClock clock = new BootClock();
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong late = new AtomicLong();
    private final AtomicLong missed = new AtomicLong();
    /** What is followed at this moment; made of one of the variants, as are the others. */
    private Track track;
    private int position;
    private int limit;
    private int judgedEntries;
    private int strays;
    private boolean poor;
    private volatile boolean over;
    /** Null until released. */
    private volatile BootCounters lastCounters;

    /**
     * @param variants  what is read ahead for the wave, the one to begin with first, at least one
     * @param pageCount of the disk; the sequences lie inside
     * @param memory    of the wave; null if it has none
     * @param loader    of the client's chain
     * @param onOver    called once, when the boot is over or the client is gone; must return at once
     */
    Replayer(
            List<ReadAhead> variants,
            WaveMemory memory,
            long pageCount,
            PageLoader loader,
            Consumer<Replayer> onOver) {
        this.memory = memory;
        this.touched = new TouchedPages(pageCount);
        this.tracks = variants.stream()
                .map(readAhead -> new Track(readAhead, loader))
                .toArray(Track[]::new);
        this.track = tracks[0];
        this.choice = new VariantChoice(variants.stream().map(ReadAhead::sequence).toList());
        this.onOver = onOver;
    }

    /** The first burst, before the first read: the boot comes right behind the attach. Called by whoever opens. */
    void start() {
        extend();
    }

    @Override
    public void onRead(long pageIndex, int pageCount, long nowNs) {
        if (over) {
            return;
        }
        final long demandedBefore = demanded();
        switch (clock.onRead(nowNs, demandedBefore)) {
            case BEGINS -> choice.begin();
            case OVER -> {
                end();
                return;
            }
            default -> { }
        }
        follow(count(pageIndex, pageCount));
        if (!over && choice.isOpen() && demanded() > demandedBefore) {
            choose(pageIndex, pageCount);
        }
    }

    @Override
    public int readNow(BlockSource source, long position, MutableDirectBuffer destination, int index, int length) {
        return over || memory == null
                ? BlockSource.WOULD_BLOCK
                : memory.readNow(source, position, destination, index, length);
    }

    @Override
    public WaveMemory memory() {
        return over ? null : memory;
    }

    /** Counts each page of a read. @return the entry of it that is furthest along the sequence; -1 if there is none */
    private int count(long pageIndex, int pageCount) {
        final Sequence sequence = track.sequence;
        final long endPage = pageIndex + pageCount;
        int rank = sequence.rankAt(pageIndex);
        int furthest = -1;
        long page = pageIndex;
        while (page < endPage) {
            final int entry = rank < 0 ? -1 : sequence.entryAtRank(rank);
            final long entryEnd = entry < 0 ? 0 : sequence.pageIndex(entry) + sequence.pageCount(entry);
            if (page < entryEnd) {
                final long end = Math.min(endPage, entryEnd);
                demand(entry, page, end);
                furthest = Math.max(furthest, entry);
                page = end;
            } else {
                rank++;
                final boolean last = rank == sequence.entryCount();
                final long nextStart = last ? endPage : sequence.pageIndex(sequence.entryAtRank(rank));
                final long end = Math.min(endPage, nextStart);
                add(missed, touch(page, end));
                page = end;
            }
        }
        return furthest;
    }

    private void choose(long pageIndex, int pageCount) {
        final int better = choice.onRead(pageIndex, pageCount);
        if (better < 0 || tracks[better] == track) {
            return;
        }
        track.window.retract();
        track = tracks[better];
        position = 0;
        limit = 0;
        judgedEntries = 0;
        strays = 0;
        extend();
        for (int i = 0; !over && i < choice.readCount(); i++) {
            follow(track.demandAgain(choice.pageIndex(i), choice.pageCount(i)));
        }
    }

    private void demand(int entry, long page, long endPage) {
        final boolean inMemory = track.window.loaded(entry);
        final int newPages = touch(page, endPage);
        if (newPages > 0) {
            track.addDemanded(entry, newPages);
            add(inMemory ? used : late, newPages);
        }
    }

    private int touch(long page, long endPage) {
        int newPages = 0;
        for (long i = page; i < endPage; i++) {
            if (touched.add(i)) {
                newPages++;
            }
        }
        return newPages;
    }

    private void follow(int entry) {
        if (entry < position) {
            return;
        }
        if (entry >= limit || entry > position + SLACK_ENTRIES) {
            if (++strays < STRAYS_TO_JUMP) {
                return;
            }
            track.window.skipTo(entry);
            judgedEntries = entry;
        }
        strays = 0;
        position = entry + 1;
        judge();
        if (!over) {
            extend();
        }
    }

    private void judge() {
        while (position - SLACK_ENTRIES >= judgedEntries + JUDGED_ENTRIES) {
            int useful = 0;
            for (int i = judgedEntries; i < judgedEntries + JUDGED_ENTRIES; i++) {
                useful += track.isDemanded(i) ? 1 : 0;
            }
            judgedEntries += JUDGED_ENTRIES;
            if (useful < LEAST_USEFUL_ENTRIES) {
                poor = true;
                end();
                return;
            }
        }
    }

    private void extend() {
        final Sequence sequence = track.sequence;
        final long predicted = used.getPlain() + late.getPlain();
        final long window = Math.min(WINDOW_PAGES, FIRST_WINDOW_PAGES + WINDOW_GROWTH * predicted);
        final int oldLimit = limit;
        limit = Math.max(limit, position);
        while (limit < sequence.entryCount() && inWindow(limit, window)) {
            limit++;
        }
        if (limit != oldLimit) {
            track.window.extendTo(limit);
        }
    }

    private boolean inWindow(int entry, long window) {
        final Sequence sequence = track.sequence;
        if (sequence.pagesBefore(entry + 1) - sequence.pagesBefore(position) <= window) {
            return true;
        }
        final int positionUs = position == 0 ? 0 : sequence.startUs(position - 1);
        return window == WINDOW_PAGES && sequence.startUs(entry) - positionUs <= WINDOW_US;
    }

    private long demanded() {
        return used.getPlain() + late.getPlain() + missed.getPlain();
    }

    private static void add(AtomicLong counter, long pages) {
        counter.lazySet(counter.getPlain() + pages);
    }

    private void end() {
        over = true;
        for (final Track each : tracks) {
            each.window.close();
        }
        onOver.accept(this);
    }

    /** Whether the replay was given up because too little of what was loaded was useful. For whom it told its end. */
    boolean poor() {
        return poor;
    }

    @Override
    public Activity activity() {
        return over ? Activity.NONE : Activity.REPLAYING;
    }

    @Override
    public BootCounters counters() {
        // In this order: whoever finds no tracks finds the last counters.
        final Track[] followed = tracks;
        final BootCounters last = lastCounters;
        if (last != null) {
            return last;
        }
        long unused = 0;
        for (final Track each : followed) {
            unused += each.unusedPages();
        }
        final long usedNow = used.get();
        return new BootCounters(usedNow + unused, usedNow, over ? unused : 0, late.get(), missed.get());
    }

    @Override
    public long usedPages() {
        return used.getPlain();
    }

    @Override
    public long latePages() {
        return late.getPlain();
    }

    @Override
    public long missedPages() {
        return missed.getPlain();
    }

    @Override
    public void close() {
        if (!over) {
            end();
        }
    }

    /**
     * Called once by whom {@code onOver} has told: it has the time. The client may stay for days, but nothing that was
     * learned stays with it.
     */
    void release() {
        lastCounters = counters();
        for (final Track each : tracks) {
            each.window.forget();
        }
        tracks = NO_TRACKS;
        track = null;
        choice = null;
        touched.close();
    }
}
