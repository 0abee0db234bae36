package io.varve.daemon.disk;

import io.varve.daemon.counters.Counter;
import io.varve.nbd.export.ExportOwner;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Through which a disk's operations go to the workers: only so many at a time, the others wait here in order.
 *
 * <p>Design note: without the limit one client with many cold reads would fill the queue of all workers in front of
 * everybody else. And the agent would stop at a full queue while the workers stop at the full queue of the agent.
 *
 * <p>Owned by the agent of the disk.
 */
final class WorkerDoor {

    /** More than there are workers, so that none of them idles while this disk has work. */
    static final int MAX_AT_WORKERS = 32;

    private final Executor workers;
    private final DiskStatistics statistics;
    private final ArrayDeque<Errand> waiting = new ArrayDeque<>();
    private int atWorkers;
    private ExportOwner owner;

    WorkerDoor(Executor workers, DiskStatistics statistics) {
        this.workers = workers;
        this.statistics = statistics;
    }

    void attach(ExportOwner newOwner) {
        owner = newOwner;
    }

    ExportOwner owner() {
        return owner;
    }

    void send(Errand errand) {
        statistics.add(Counter.PARKED, 1);
        waiting.addLast(errand);
        letThrough();
    }

    void cameBack(Errand errand) {
        atWorkers--;
        letThrough();
        errand.resume(errand.takeFailure());
    }

    private void letThrough() {
        while (atWorkers < MAX_AT_WORKERS && !waiting.isEmpty()) {
            final Errand next = waiting.pollFirst();
            try {
                next.executor(workers).execute(next.onWorker());
                atWorkers++;
            } catch (final RejectedExecutionException ex) {
                next.resume(new IOException("the daemon stops", ex));
            }
        }
    }
}
