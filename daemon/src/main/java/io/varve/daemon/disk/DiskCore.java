package io.varve.daemon.disk;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.Overlay;
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
    private final OpenGate gate;
    private final ChainLoader loader;
    private final BootTracker boot;
    private final ReadPath reads;
    private final WritePath writes;
    private final CommitPath commits;
    private final CachePath caches;
    private final AllocationStatus allocation;
    private volatile ChainSnapshot chain;
    private volatile int connectionCount;
    private boolean closed;

    /** @param onClosed runs on a worker after the last connection is gone and the last byte is stable */
    public DiskCore(DiskParts parts, Workers workers, Counters counters, Runnable onClosed) {
        this(parts, workers.demandExecutor(), workers::background, counters, onClosed);
    }

    DiskCore(DiskParts parts, Executor demand, Executor background, Counters counters, Runnable onClosed) {
        this.parts = parts;
        this.chain = parts.chain();
        this.demand = demand;
        this.background = background;
        this.counters = counters;
        this.statistics = new DiskStatistics(counters);
        this.border = new ErrorBorder(parts.info().name(), statistics);
        this.door = new WorkerDoor(demand, statistics);
        this.gate = new OpenGate(onClosed);
        this.loader = new ChainLoader(this::chain, gate);
        this.boot = parts.boot().apply(loader);
        this.commits = new CommitPath(this);
        this.reads = new ReadPath(this);
        this.writes = new WritePath(this);
        this.caches = new CachePath(this);
        this.allocation = new AllocationStatus(parts.overlay());
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
        return parts.overlay() == null ? null : parts.overlay().failure();
    }

    void attach(ExportOwner newOwner) {
        if (door.owner() == null) {
            door.attach(newOwner);
            if (parts.overlay() != null) {
                parts.overlay().attach(newOwner::post);
            }
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
        if (parts.overlay() != null) {
            parts.overlay().close(gate::leave);
            return;
        }
        try {
            demand.execute(gate::leave);
        } catch (final RejectedExecutionException ex) {
            gate.leave(); // the daemon stops, and nobody is kept waiting by this thread any more
        }
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
    long size() {
        return parts.info().size();
    }

    /** Null if the disk is read-only. */
    Overlay overlay() {
        return parts.overlay();
    }

    ChainSnapshot chain() {
        return chain;
    }

    /**
     * Puts another chain with the same content in place. Operations that began with the old one end with it, so its
     * sources stay open until the disk is closed.
     */
    public void publish(ChainSnapshot next) {
        chain = next;
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

    AllocationStatus allocation() {
        return allocation;
    }
}
