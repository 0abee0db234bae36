package io.varve.daemon.disk;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayUse;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.Reply;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * What all connections of one disk share: chain, overlay, boot, statistics, and the paths that requests take.
 *
 * <p>Opened and connected to on threads that may wait; between the first {@link #attach} and the last
 * {@link #release} owned by the agent of the disk, but for {@link #statistics}, {@link #boot},
 * {@link #overlayFailure} and {@link #connectionCount}, for any thread.
 */
public final class DiskCore {

    private final DiskParts parts;
    private final Executor demand;
    private final Executor background;
    private final DiskStatistics statistics;
    private final Counters counters;
    private final ErrorBorder border;
    private final WorkerDoor door;
    /** The disk, and every view that is not given back yet. */
    private final OpenGate open;
    private final TopSwitch topSwitch;
    private final DiskBitmaps bitmaps;
    private final ChainLoader loader;
    private final BootTracker boot;
    private final ReadPath reads;
    private final WritePath writes;
    private final CommitPath commits;
    private final CachePath caches;
    private final StatusPath statuses;
    private volatile DiskView view;
    private volatile ExportOwner attached;
    private volatile int connectionCount;
    private boolean closed;

    /** @param onClosed runs on a worker after the last connection is gone and the last byte is stable */
    public DiskCore(DiskParts parts, Workers workers, Counters counters, Runnable onClosed) {
        this(parts, workers.demandExecutor(), workers::background, counters, onClosed);
    }

    DiskCore(DiskParts parts, Executor demand, Executor background, Counters counters, Runnable onClosed) {
        this.parts = parts;
        this.demand = demand;
        this.background = background;
        this.counters = counters;
        this.statistics = new DiskStatistics(counters);
        this.border = new ErrorBorder(parts.info().name(), statistics);
        this.door = new WorkerDoor(demand, statistics);
        this.open = new OpenGate(onClosed);
        this.view = new DiskView(parts.chain(), parts.overlay());
        this.open.enter();
        this.loader = new ChainLoader(this::view);
        this.boot = parts.boot().apply(loader);
        this.commits = new CommitPath(this);
        this.reads = new ReadPath(this);
        this.writes = new WritePath(this);
        this.caches = new CachePath(this);
        this.statuses = new StatusPath();
        this.topSwitch = new TopSwitch(this);
        this.bitmaps = new DiskBitmaps(this);
        counters.get(Counter.DISKS_OPENED).increment();
    }

    /** One more connection; null if the last one has gone already, then {@code onClosed} tells when to open anew. */
    public synchronized Disk connect() {
        if (closed) {
            return null;
        }
        connectionCount++;
        return new Disk(this);
    }

    public int connectionCount() {
        return connectionCount;
    }

    public DiskStatistics statistics() {
        return statistics;
    }

    public BootTracker boot() {
        return boot;
    }

    /** One line why the overlay takes no more writes; null while it does, or if there is none. Any thread. */
    public String overlayFailure() {
        Overlay overlay = view.overlay;
        return overlay == null ? null : overlay.failure();
    }

    /** What the overlay takes; null if there is none. Any thread. */
    public OverlayUse overlayUse() {
        final Overlay overlay = view.overlay;
        return overlay == null ? null : overlay.use();
    }

    void attach(ExportOwner newOwner) {
        if (door.owner() == null) {
            door.attach(newOwner);
            if (view.overlay != null) {
                view.overlay.attach(newOwner::post);
            }
            attached = newOwner;
        }
    }

    synchronized void release() {
        connectionCount--;
        if (connectionCount == 0) {
            closed = true;
            close();
        }
    }

    private void close() {
        boot.close();
        statistics.fold();
        counters.get(Counter.DISKS_CLOSED).increment();
        final DiskView last = view;
        last.replace(() -> onWorker(() -> {
            last.chain.giveBack();
            open.leave();
        }));
        if (last.overlay != null) {
            last.overlay.close(open::leave);
        } else {
            onWorker(open::leave);
        }
    }

    /** What is given back needs locks, and who holds them may have less of a hurry than an agent. */
    private void onWorker(Runnable task) {
        try {
            demand.execute(task);
        } catch (final RejectedExecutionException ex) {
            task.run(); // the daemon stops, and nobody is kept waiting by this thread any more
        }
    }

    /** Of a read. @param offset byte of the disk that could not be had */
    void failAt(Reply reply, IOException cause, long offset, long length) {
        reply.failAt(border.translate(cause, "read", offset, length, nowNs()), offset);
    }

    void fail(Reply reply, IOException cause, String what, long offset, long length) {
        reply.fail(border.translate(cause, what, offset, length, nowNs()));
    }

    ExportInfo info() {
        return parts.info();
    }

    int ownerKey() {
        return parts.ownerKey();
    }

    /** Bytes. */
    public long size() {
        return parts.info().size();
    }

    /** What operations that begin now go through. Any thread. */
    DiskView view() {
        return view;
    }

    /** Null if the disk is read-only. */
    Overlay overlay() {
        return view.overlay;
    }

    /** What lies below the overlay at this moment. Any thread. */
    public ChainSnapshot chain() {
        return view.chain;
    }

    /**
     * Puts another chain with the same content in place. Operations that began with the old one end with it; then it
     * is given back. Any thread.
     *
     * @param expected the chain that {@code next} equals; if it is not the current one any more, nothing happens
     * @param next     given back by the disk
     */
    public void changeChain(ChainSnapshot expected, ChainSnapshot next) {
        final ExportOwner owner = attached;
        if (owner == null) {
            next.giveBack();
            return;
        }
        owner.post(() -> {
            if (!closed && view.chain == expected && !writes.isHeld()) {
                install(new DiskView(next, view.overlay), expected::giveBack);
            } else {
                onWorker(next::giveBack);
            }
        });
    }

    /**
     * Puts a fresh overlay on top, and the present one, which is written no more, below it. Writes wait meanwhile,
     * reads do not. Any thread; the caller holds a connection, so that the disk stays open.
     */
    public void changeTop(TopChange change) {
        final ExportOwner owner = attached;
        if (owner == null) {
            change.onDone(new IOException("no client of the disk has got so far"), 0);
            return;
        }
        owner.post(() -> topSwitch.begin(change));
    }

    /** Its dirty bitmaps. Any thread. */
    public DiskBitmaps bitmaps() {
        return bitmaps;
    }

    /** Whether a snapshot is under way. */
    boolean isTopChanging() {
        return topSwitch.isUnderWay();
    }

    /** Gives back a connection that no client has: one that was taken to keep the disk open. Any thread. */
    public void disconnect() {
        attached.post(this::release);
    }

    /** Whether an agent serves the disk: only then can it be changed. Any thread. */
    public boolean isAttached() {
        return attached != null;
    }

    /** What its overlay is; null if the disk is read-only. Any thread. */
    public OverlayMeta overlayMeta() {
        Overlay overlay = view.overlay;
        return overlay == null ? null : overlay.meta();
    }

    /** @param whenUnused gives back what only the view before needs */
    void install(DiskView next, Runnable whenUnused) {
        open.enter();
        final DiskView before = view;
        view = next;
        before.replace(() -> onWorker(() -> {
            whenUnused.run();
            open.leave();
        }));
    }

    /** Null before the first client has got so far. Any thread. */
    ExportOwner attached() {
        return attached;
    }

    WorkerDoor door() {
        return door;
    }

    /** Of the duty cycle. */
    long nowNs() {
        return door.owner().nowNs();
    }

    /** For what no client waits for. */
    Executor background() {
        return background;
    }

    ChainLoader loader() {
        return loader;
    }

    ReadPath reads() {
        return reads;
    }

    WritePath writes() {
        return writes;
    }

    CommitPath commits() {
        return commits;
    }

    CachePath caches() {
        return caches;
    }

    Executor demand() {
        return demand;
    }

    StatusPath statuses() {
        return statuses;
    }
}
