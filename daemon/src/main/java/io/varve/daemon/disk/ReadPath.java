package io.varve.daemon.disk;

import io.varve.daemon.boot.BootLog;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.boot.WaveMemory;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.Reply;
import java.io.IOException;
import java.util.ArrayDeque;
import org.agrona.MutableDirectBuffer;

/**
 * Answers READ: one loop over the runs of overlay state and extent map. A run that is not in memory parks the reply;
 * a worker reads it into the reply's own buffer, and the same loop goes on behind it.
 *
 * <p>Owned by the agent of the disk.
 */
final class ReadPath {

    private final DiskCore core;
    private final BootTracker boot;
    private final BootLog log;
    private final DiskStatistics statistics;
    private final ArrayDeque<ReadOperation> pool = new ArrayDeque<>();
    private final Run run = new Run();

    ReadPath(DiskCore core) {
        this.core = core;
        this.boot = core.boot();
        this.log = boot.log();
        this.statistics = core.statistics();
    }

    void read(long offset, int length, Reply reply) {
        statistics.addRequest(Counter.READS, Counter.READ_BYTES, length);
        ReadOperation operation = pool.pollLast();
        if (operation == null) {
            operation = new ReadOperation(this, core.door());
        }
        operation.begin(core.view(), offset, length, reply);
        advance(operation);
    }

    /** Called again for a parked operation when its worker is done. */
    void resume(ReadOperation operation, IOException failure) {
        log.onAnswer(operation.logEntry, failure == null ? operation.place : Place.NOWHERE, core.nowNs());
        if (failure != null) {
            fail(operation, failure);
            return;
        }
        operation.consume(operation.runLength);
        advance(operation);
    }

    private void advance(ReadOperation operation) {
        try {
            while (operation.remaining > 0) {
                locate(operation);
                if (operation.source == null) {
                    operation.zero();
                } else if (!operation.readNow()) {
                    operation.logEntry = log.onPark(operation.logEntry, Pages.index(operation.offset));
                    operation.park();
                    core.door().send(operation);
                    return;
                }
            }
        } catch (final IOException ex) {
            fail(operation, ex);
            return;
        }
        operation.complete();
        release(operation);
    }

    /** Finds where the bytes at the operation's offset live, and how many of them live there. */
    private void locate(ReadOperation operation) {
        final long page = Pages.index(operation.offset);
        final int inPage = (int) operation.offset & Pages.PAGE_MASK;
        long pages = Pages.count(inPage + operation.remaining);
        operation.source = null;
        operation.blobIndex = ReadOperation.NOT_OF_CHAIN;
        Counter origin = Counter.ZERO_BYTES;
        final Overlay overlay = operation.view.overlay;
        final ChainSnapshot chain = operation.view.chain;
        int state = Overlay.ABSENT;
        if (overlay != null) {
            state = overlay.state(page);
            pages = overlay.runLength(page, pages);
        }
        if (state == Overlay.PRESENT) {
            operation.source = overlay.source(page);
            operation.position = operation.offset;
            origin = Counter.OVERLAY_BYTES;
        } else if (state == Overlay.ABSENT) {
            chain.extents().lookup(page, pages, run);
            pages = run.pageCount();
            if (run.kind() == Run.DATA) {
                operation.blobIndex = run.blobIndex();
                operation.source = chain.source(run.blobIndex());
                operation.position = Pages.offset(run.blobPage()) + inPage;
                origin = Counter.CHAIN_BYTES;
            }
        }
        operation.runLength = (int) Math.min(operation.remaining, Pages.offset(pages) - inPage);
        if (operation.offset >= operation.tellFrom) {
            operation.tellFrom = operation.offset + operation.runLength;
            statistics.add(origin, operation.runLength);
            operation.logEntry = BootLog.NO_ENTRY;
            if (origin == Counter.CHAIN_BYTES) {
                boot.onRead(page, (int) pages, core.nowNs());
                operation.logEntry = log.onRead(page, (int) pages, run.blobIndex(), core.nowNs());
            }
        }
    }

    /** As {@link BootTracker#readNow}, counted. */
    int readShared(ReadOperation operation, MutableDirectBuffer destination, int index) {
        final int count =
                boot.readNow(operation.source, operation.position, destination, index, operation.runLength);
        if (count != BlockSource.WOULD_BLOCK) {
            log.onShared(operation.logEntry);
            statistics.add(Counter.BOOT_SHARED_BYTES, count);
        }
        return count;
    }

    /** Null if there is none. For workers, too. */
    WaveMemory sharedMemory() {
        return boot.memory();
    }

    private void fail(ReadOperation operation, IOException cause) {
        core.failAt(operation.reply, cause, operation.offset, operation.remaining);
        release(operation);
    }

    private void release(ReadOperation operation) {
        operation.end();
        pool.addLast(operation);
    }
}
