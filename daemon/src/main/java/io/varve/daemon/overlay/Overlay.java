package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.agrona.DirectBuffer;

/**
 * The writable top of one client's disk: for every page whether this overlay holds it, hides it behind zeros, or
 * leaves it to the layers below, and the bytes of those it holds.
 *
 * <p>A write reaches the data file before the state of its pages says so; a commit makes everything durable that
 * was written before it. What a crash may leave is argued in the package description.
 *
 * <p>After a failed sync, or a failed write other than for lack of space, the overlay has failed for good: writes
 * and commits are refused with the reason, reads go on.
 *
 * <p>Opened on a thread that may wait, then owned by the one agent that calls {@link #attach}: from then on every
 * call comes from its thread, except {@link #failed}, {@link #failure} and reads through {@link #data()}, which any
 * thread may do.
 */
public final class Overlay {

    /** The overlay says nothing about the page. */
    public static final int ABSENT = 0;
    /** The page is in {@link #data()}, at its own offset. */
    public static final int PRESENT = 1;
    /** The page reads as zero. */
    public static final int ZERO = 2;

    /** Most bytes that go into the data file in one call where it may have none; see the package description. */
    private static final int FRESH_PIECE_LENGTH = 32 << 10;

    static final RecordBuffers BUFFERS = new RecordBuffers(Geometry.DEFAULT.maxRecordLength());

    private final OverlayMeta meta;
    private final BlockFile data;
    private final StateMap states;
    private final Health health;
    private final HolePuncher puncher;
    private final Durability durability;
    private final PageQuota quota;
    private final Bitmaps bitmaps;
    /** What {@link #data} is, if pages are in memory; else null. */
    private final MemoryData memory;

    private Overlay(OverlayMeta meta, BlockFile data, StateMap states, Health health, HolePuncher puncher,
            Durability durability, PageQuota quota) {
        this.meta = meta;
        this.data = data;
        this.states = states;
        this.health = health;
        this.durability = durability;
        this.bitmaps = durability.bitmaps();
        this.puncher = puncher;
        this.quota = quota;
        this.memory = data instanceof MemoryData inMemory ? inMemory : null;
    }

    /**
     * Opens the overlay in {@code directory}, making it if there is none, and recovers it if it was not closed.
     * Locks its meta file against everybody else. Waits for the disk.
     *
     * @param expected what a new overlay is made with; one that exists must have its size and layers
     * @param workers  run commits
     * @param closed   the same object whenever this process opens overlays of the same store
     * @throws OverlayInUseException    if somebody else has it open
     * @throws OverlayMismatchException if it stands on other layers, or is of another size
     * @throws io.varve.daemon.io.CorruptDataException   if it was damaged
     * @throws io.varve.daemon.io.FormatVersionException if a newer build wrote it
     */
    public static Overlay openPersistent(FileSpace files, Path directory, OverlayMeta expected, Workers workers,
            ClosedOverlays closed) throws IOException {
        Executor demand = workers.demandExecutor();
        OverlayOpener opener =
                new OverlayOpener(files, directory, directory, Geometry.DEFAULT, BUFFERS, demand, closed);
        return persistent(opener.openOrCreate(expected), directory, demand);
    }

    /**
     * Makes an overlay that is gone when it is closed, and that promises nothing after a crash.
     *
     * @param directory made at the first write, removed at {@link #close}; nobody else's
     * @param size      bytes of the virtual disk
     */
    public static Overlay createEphemeral(FileSpace files, Path directory, long size, Workers workers) {
        return ephemeral(files, directory, size, null, workers.demandExecutor());
    }

    /**
     * The same with its pages in memory, as long as the pool has some; those that find none are in a file in the
     * directory.
     */
    public static Overlay createInMemory(
            FileSpace files, Path directory, long size, MemoryPool pool, Workers workers) {
        return ephemeral(files, directory, size, pool, workers.demandExecutor());
    }

    /**
     * Removes a kept overlay with all that its client wrote. Waits for the disk.
     *
     * @param trash a name that nothing has, on the same file system; after a crash it may be left behind, and
     *              whoever finds it removes it
     * @throws java.nio.file.NoSuchFileException if there is no overlay
     * @throws OverlayInUseException             if somebody has it open
     */
    public static void delete(FileSpace files, Path directory, Path trash) throws IOException {
        OverlayOpener.delete(files, directory, trash);
    }

    /**
     * Makes and opens an overlay in a directory that takes another place before the overlay is used. Durable at
     * return. Waits for the disk.
     *
     * @param directory must not exist; its parent must
     * @param home      where the directory will be before anything is written
     */
    public static Overlay makeFor(FileSpace files, Path directory, Path home, OverlayMeta meta, Executor workers)
            throws IOException {
        OverlayOpener opener = new OverlayOpener(
                files, directory, home, Geometry.DEFAULT, BUFFERS, workers, new ClosedOverlays());
        return persistent(opener.openOrCreate(meta), home, workers);
    }

    static Overlay persistent(OverlayOpener.Opened opened, Path directory, Executor workers) {
        Health health = new Health(directory.toString());
        BlockFile data = opened.files().data();
        StateMap states = opened.states();
        HolePuncher puncher = new HolePuncher(data, states, health, opened.files().geometry().minHolePages());
        return new Overlay(opened.meta(), data, states, health, puncher,
                new Committer(opened, health, workers),
                new PageQuota(directory.toString(), states.presentPageCount()));
    }

    /** @param poolOrNull null for no page in memory */
    static Overlay ephemeral(
            FileSpace files, Path directory, long size, MemoryPool poolOrNull, Executor workers) {
        Health health = new Health(directory.toString());
        Ephemeral ephemeral = Ephemeral.create(files, directory, size, health, workers);
        BlockFile data = poolOrNull == null ? ephemeral.data() : ephemeral.putInMemory(poolOrNull);
        StateMap states = ephemeral.states();
        HolePuncher puncher = new HolePuncher(data, states, health, Geometry.DEFAULT.minHolePages());
        return new Overlay(ephemeral.meta(), data, states, health, puncher, ephemeral,
                new PageQuota(directory.toString(), 0));
    }

    public OverlayMeta meta() {
        return meta;
    }

    public long pageCount() {
        return states.pageCount();
    }

    /**
     * Bounds the pages that the overlay may hold. Before {@link #attach}.
     *
     * @param length bytes, counted in whole pages; 0 for no limit
     */
    public void limit(long length) {
        quota.limit(Pages.index(length));
    }

    /** What it takes at this moment. Any thread. */
    public OverlayUse use() {
        return new OverlayUse(Pages.offset(quota.heldPages()), Pages.offset(quota.maxPages()),
                memory == null ? 0 : memory.takenLength());
    }

    /**
     * Called once, by the agent, before its first write.
     *
     * @param owner runs tasks on the agent's thread, in order; must not run them inside {@code execute} while the
     *              agent is in a call of this overlay
     */
    public void attach(Executor owner) {
        puncher.attach(durability.attach(owner, puncher));
    }

    /** {@link #ABSENT}, {@link #PRESENT} or {@link #ZERO}. */
    public int state(long pageIndex) {
        return states.state(pageIndex);
    }

    /**
     * Consecutive pages from {@code pageIndex} on that share its state and, if they are PRESENT, its {@link #source}; 1
     * to {@code maxPageCount}.
     */
    public long runLength(long pageIndex, long maxPageCount) {
        long pages = states.runLength(pageIndex, maxPageCount);
        return memory != null && states.state(pageIndex) == PRESENT ? memory.runLength(pageIndex, pages) : pages;
    }

    /**
     * Where a run of {@link #PRESENT} pages is, at position = offset. If it {@link #isInMemory}, only the owner may
     * read it; else anybody.
     */
    public BlockSource source(long pageIndex) {
        return memory != null && memory.isInFile(pageIndex) ? memory.file() : data;
    }

    /** Whether a PRESENT page is in memory of ours: reading it never waits, and needs no reading ahead. */
    public boolean isInMemory(long pageIndex) {
        return memory != null && !memory.isInFile(pageIndex);
    }

    /**
     * Bytes of all {@link #PRESENT} pages at position = offset; those of others are undefined. For the owner, and of an
     * overlay that is not in memory for any thread.
     */
    public BlockSource data() {
        return data;
    }

    /**
     * For a request that is carried out in several steps: whether the quota has room for all of it.
     *
     * @param newPages pages that will become PRESENT
     * @throws NoSpaceException if it has not
     */
    public void requireRoom(long newPages) throws NoSpaceException {
        quota.require(newPages);
    }

    /** The same for pages that will all be PRESENT afterwards, whatever they are now. */
    public void requireRoom(long pageIndex, long pageCount) throws NoSpaceException {
        if (quota.isLimited()) {
            quota.require(pageCount - presentPages(pageIndex, pageCount));
        }
    }

    private long presentPages(long pageIndex, long pageCount) {
        long end = pageIndex + pageCount;
        long present = 0;
        for (long page = pageIndex; page < end; ) {
            long run = states.runLength(page, end - page);
            present += states.state(page) == PRESENT ? run : 0;
            page += run;
        }
        return present;
    }

    /**
     * Stores whole pages, whatever their state was.
     *
     * @param pageCount at least 1
     * @throws NoSpaceException if the quota is reached: nothing changed; or if the disk is full: no state changed, and
     *                          pages that were PRESENT hold old or new bytes
     * @throws IOException      if the overlay has failed, now or earlier
     */
    public void writePages(long pageIndex, int pageCount, DirectBuffer source, int index) throws IOException {
        beforeStore(pageIndex, pageCount);
        bitmaps.mark(Pages.offset(pageIndex), Pages.offset(pageCount));
        try {
            store(pageIndex, pageCount, source, index);
        } catch (IOException e) {
            throw failedWrite(e);
        }
        publish(pageIndex, pageCount, PRESENT);
    }

    /**
     * Replaces bytes inside PRESENT pages.
     *
     * @param length at least 1
     * @throws NoSpaceException if the disk is full, which a copy-on-write file system may say here: old or new bytes
     * @throws IOException      if the overlay has failed, now or earlier
     */
    public void overwrite(long offset, int length, DirectBuffer source, int index) throws IOException {
        health.requireHealthy();
        long first = Pages.index(offset);
        bitmaps.mark(offset, length);
        durability.overwriting(first, Pages.index(offset + length - 1) - first + 1);
        try {
            data.write(offset, source, index, length);
        } catch (IOException e) {
            throw failedWrite(e);
        }
    }

    /**
     * The pages read as zero from now on. No data is touched; the space is given back after a commit.
     *
     * @throws NoSpaceException if there is no room to record so many states: nothing changed
     * @throws IOException      if the overlay has failed earlier
     */
    public void zeroPages(long pageIndex, long pageCount) throws IOException {
        health.requireHealthy();
        durability.reserve(states, pageIndex, pageCount, ZERO);
        bitmaps.mark(Pages.offset(pageIndex), Pages.offset(pageCount));
        long end = pageIndex + pageCount;
        for (long page = pageIndex; page < end; ) {
            long run = states.runLength(page, end - page);
            if (states.state(page) == PRESENT) {
                puncher.zeroed(page, run);
            }
            page += run;
        }
        publish(pageIndex, pageCount, ZERO);
        durability.zeroed(pageIndex, pageCount);
        if (!durability.commits()) {
            puncher.release(pageIndex, pageCount);
        }
    }

    /**
     * The pages read as zero from now on and have disk space, so that writing them later cannot run out of it. Takes
     * time in proportion to the range where the file system cannot allocate zeros.
     *
     * @throws NoSpaceException if the quota is reached: nothing changed; or if the disk is full: no state changed,
     *                          PRESENT pages may be zero
     * @throws IOException      if the overlay has failed, now or earlier
     */
    public void allocateZeroPages(long pageIndex, long pageCount) throws IOException {
        beforeStore(pageIndex, pageCount);
        bitmaps.mark(Pages.offset(pageIndex), Pages.offset(pageCount));
        try {
            data.zeroRange(Pages.offset(pageIndex), Pages.offset(pageCount));
        } catch (IOException e) {
            throw failedWrite(e);
        }
        publish(pageIndex, pageCount, PRESENT);
    }

    /**
     * Makes every write that returned before this call durable, together with all other commits that wait. The
     * listener may be answered before this call returns. An overlay that does not outlive its connection answers at
     * once.
     */
    public void commit(CommitListener listener) {
        durability.commit(listener);
    }

    /**
     * As {@link #commit}; and if nothing is written afterwards, the directory of the overlay is complete without its
     * journal, as a {@link FrozenOverlay} needs it.
     *
     * @throws UnsupportedOperationException if the overlay is not kept
     */
    public void checkpoint(CommitListener listener) {
        durability.checkpoint(listener);
    }

    /** Marked by every write; those of an overlay that is not kept are none. */
    public Bitmaps bitmaps() {
        return bitmaps;
    }

    /** What can be said about it now; walks all states. {@code bytesUsed} leaves out the journal and the maps. */
    public OverlayInfo info() {
        long present = states.presentPageCount();
        OverlayInfo.Condition condition =
                failed() ? OverlayInfo.Condition.FAILED : OverlayInfo.Condition.UNCLEAN;
        return new OverlayInfo(meta, present, states.count(ZERO), Pages.offset(present), condition);
    }

    /** True once and for all after a failure; see {@link #failure()}. Any thread. */
    public boolean failed() {
        return health.failed();
    }

    /** One line: what failed; null while the overlay is healthy. Any thread. */
    public String failure() {
        return health.reason();
    }

    /**
     * The last call: commits and checkpoints on a worker what is not yet durable, then closes the files and gives
     * the lock back. Needs no further help from the agent.
     *
     * @param onClosed runs at the end, on a worker
     */
    public void close(Runnable onClosed) {
        puncher.stop();
        durability.close(onClosed);
    }

    /** Whether it outlives its connections, and a crash. */
    public boolean isKept() {
        return durability.commits();
    }

    /** Nothing is written any more: its directory has become a frozen layer. Reads go on. */
    public void stop() {
        puncher.stop();
        bitmaps.forget();
        health.fail(new IOException("its directory is a layer now"));
    }

    /**
     * The overlay as a layer, for the time after this object. Only after a {@link #checkpoint}, when nothing is written
     * any more; any thread.
     *
     * @param directory where its files are now
     * @param lock      kept until the layer is closed; closed also if this fails
     */
    public FrozenOverlay freeze(FileSpace files, Path directory, Closeable lock) throws IOException {
        return FrozenOverlay.of(meta, states, files, directory, lock);
    }

    /**
     * The last call after {@link #stop}, instead of {@link #close}: closes the files as they are. Any thread.
     *
     * @param onClosed runs at the end, on a worker
     */
    public void abandon(Runnable onClosed) {
        durability.abandon(onClosed);
    }

    /** Lets others lock the directory, which is a frozen layer's now. Any thread. */
    public void unlock() throws IOException {
        durability.unlock();
    }

    /**
     * Fails the overlay, as if one of its own writes had failed. Any thread.
     *
     * @param cause why nothing may be written any more
     */
    public void fail(IOException cause) {
        health.fail(cause);
    }

    /** Pages that are already PRESENT count as overwritten from before the attempt: it may fail half-way. */
    private void beforeStore(long pageIndex, long pageCount) throws IOException {
        health.requireHealthy();
        requireRoom(pageIndex, pageCount);
        durability.reserve(states, pageIndex, pageCount, PRESENT);
        long end = pageIndex + pageCount;
        for (long page = pageIndex; page < end; ) {
            long run = states.runLength(page, end - page);
            if (states.state(page) == PRESENT) {
                durability.overwriting(page, run);
            }
            page += run;
        }
    }

    private void store(long pageIndex, int pageCount, DirectBuffer source, int index) throws IOException {
        long offset = Pages.offset(pageIndex);
        int length = pageCount << Pages.PAGE_SHIFT;
        boolean present = states.state(pageIndex) == PRESENT && states.runLength(pageIndex, pageCount) == pageCount;
        if (present || memory != null) {
            data.write(offset, source, index, length);
            return;
        }
        for (int done = 0; done < length; ) {
            int inPiece = (int) (offset + done) & FRESH_PIECE_LENGTH - 1;
            int piece = Math.min(length - done, FRESH_PIECE_LENGTH - inPiece);
            data.write(offset + done, source, index + done, piece);
            done += piece;
        }
    }

    private void publish(long pageIndex, long pageCount, int state) {
        long end = pageIndex + pageCount;
        boolean changed = false;
        for (long page = pageIndex; page < end; ) {
            long run = states.runLength(page, end - page);
            int before = states.state(page);
            if (before != state) {
                durability.changed(page, run);
                changed = true;
                if (state == PRESENT) {
                    quota.add(run);
                } else if (before == PRESENT) {
                    quota.add(-run);
                }
            }
            page += run;
        }
        if (changed) {
            states.set(pageIndex, pageCount, state);
        }
    }

    private IOException failedWrite(IOException cause) {
        return cause instanceof NoSpaceException ? cause : health.fail(cause);
    }
}
