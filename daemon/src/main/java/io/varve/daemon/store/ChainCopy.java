package io.varve.daemon.store;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import io.varve.daemon.layer.LayerWriter.Caching;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes one layer that says, above one chain or above nothing, what another chain says: pages are copied into a new
 * blob as far as they differ. Pages that both chains find in the same place are equal without being read.
 *
 * <p>A copy that was cut short goes on where it was when it is repeated.
 *
 * <p>Owned by the thread that copies; interrupting that thread stops it.
 */
final class ChainCopy {

    /** Of the names in {@code tmp}. */
    static final String PREFIX = "copy-";

    /** Bytes copied at once. */
    private static final int PIECE_LENGTH = 1 << 20;
    private static final int KEY_LENGTH = 32;

    private final FileSpace space;
    private final StoreLayout layout;
    private final Chain source;
    /** Null: nothing is below. */
    private final Chain below;
    /** Empty: pages of all blobs are copied. */
    private final Set<String> blobIds;
    private final Pace pace;
    private final MaintenanceListener listener;
    private final Run run = new Run();
    private final Run belowRun = new Run();
    private long doneLength;
    private long totalLength;

    /**
     * Both chains stay the caller's.
     *
     * @param below null: the layer will be a base
     */
    ChainCopy(Store store, Chain source, Chain below, Pace pace, MaintenanceListener listener) {
        this(store, source, below, Set.of(), pace, listener);
    }

    /** Copies only pages that lie in certain blobs: the layer says nothing about any other. */
    static ChainCopy ofBlobs(Store store, Chain source, Set<String> blobIds, Pace pace,
            MaintenanceListener listener) {
        return new ChainCopy(store, source, null, blobIds, pace, listener);
    }

    private ChainCopy(Store store, Chain source, Chain below, Set<String> blobIds, Pace pace,
            MaintenanceListener listener) {
        this.space = store.space();
        this.layout = store.layout();
        this.source = source;
        this.below = below;
        this.blobIds = blobIds;
        this.pace = pace;
        this.listener = listener;
    }

    /**
     * Durable at return. The caller holds {@link Store#lockForWriting}.
     *
     * @param size bytes of the disk, no more than either chain is seen as
     * @throws StoreException         if the same copy is being made already
     * @throws InterruptedIOException if the thread was interrupted; it still is
     */
    LayerId run(long size) throws IOException {
        long pageCount = Pages.count(size);
        for (long page = 0; page < pageCount; page += run.pageCount()) {
            totalLength += next(page, pageCount) ? Pages.offset(run.pageCount()) : 0;
        }
        String name = PREFIX + key(size);
        Path lockFile = layout.temporary().resolve(name + ".lock");
        space.createDirectories(layout.temporary());
        try (FileLocks.Lock lock = lock(lockFile)) {
            boolean keep = false;
            try (LayerWriter writer = LayerWriter.resume(space, layout.layers(), size, below, name,
                    Caching.ALL)) {
                try {
                    copy(writer, pageCount);
                    return writer.seal();
                } catch (InterruptedIOException e) {
                    // What was asked is done; waiting for the disk below is not to be interrupted by it again.
                    Thread.interrupted();
                    writer.suspend();
                    keep = true;
                    Thread.currentThread().interrupt();
                    throw e;
                }
            } finally {
                if (!keep) {
                    space.delete(lock.file());
                }
            }
        }
    }

    private void copy(LayerWriter writer, long pageCount) throws IOException {
        long page = 0;
        while (page < pageCount) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted: run it again, and it goes on");
            }
            boolean counts = next(page, pageCount);
            long count = run.pageCount();
            // What an earlier run has copied already.
            long known = Math.max(0, Math.min(count, writer.nextPage() - page));
            if (known > 0) {
                count = known;
            } else if (counts) {
                count = copyPiece(writer, page);
            } else if (run.kind() != Run.DATA) {
                writer.writeZeros(page, count);
            }
            if (counts) {
                doneLength += Pages.offset(count);
                listener.onProgress(doneLength, totalLength);
            }
            page += count;
        }
    }

    /**
     * Looks at the pages from {@code page} on that are alike.
     *
     * @return whether they must be read
     */
    private boolean next(long page, long pageCount) {
        source.extents().lookup(page, pageCount - page, run);
        if (below == null) {
            return run.kind() == Run.DATA && (blobIds.isEmpty() || source.isBlobOf(run.blobIndex(), blobIds));
        }
        below.extents().lookup(page, run.pageCount(), belowRun);
        if (belowRun.pageCount() < run.pageCount()) {
            source.extents().lookup(page, belowRun.pageCount(), run);
        }
        return run.kind() == Run.DATA && !(belowRun.kind() == Run.DATA && run.blobPage() == belowRun.blobPage()
                && source.sameBlob(run.blobIndex(), below, belowRun.blobIndex()));
    }

    /** @return pages that were copied, at least 1 */
    private int copyPiece(LayerWriter writer, long page) throws IOException {
        int room = Math.min(PIECE_LENGTH / Pages.PAGE_SIZE, writer.windowPageCount());
        int count = (int) Math.min(room, run.pageCount());
        int length = count * Pages.PAGE_SIZE;
        UnsafeBuffer window = writer.window();
        int index = writer.windowIndex();
        source.source(run.blobIndex()).read(Pages.offset(run.blobPage()), window, index, length);
        // Layers below may say something behind the end of a disk that became smaller.
        int seen = (int) Math.min(length, source.size() - Pages.offset(page));
        window.setMemory(index + seen, length - seen, (byte) 0);
        writer.acceptWindow(page, count);
        pace.spend(length);
        return count;
    }

    private FileLocks.Lock lock(Path file) throws IOException {
        try {
            space.open(file, OpenMode.CREATE_NEW).close();
        } catch (FileAlreadyExistsException e) {
            // Left by a run that was stopped, or held by one that is not: the lock tells.
        }
        FileLocks.Lock lock = space.tryLock(file, LockKind.EXCLUSIVE);
        if (lock == null) {
            throw new StoreException("another varve is copying the same layers: wait for that to end");
        }
        return lock;
    }

    /** What the layer depends on. */
    private String key(long size) {
        String identity = source.layers() + " " + source.size() + " " + size
                + (below == null ? "" : " " + below.layers() + " " + below.size()) + " " + new TreeSet<>(blobIds);
        return Sha256.hex(identity.getBytes(StandardCharsets.UTF_8)).substring(0, KEY_LENGTH);
    }
}
