package io.varve.daemon.store;

import io.varve.daemon.disk.DiskBitmaps;
import io.varve.daemon.disk.DiskCore;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.overlay.BitmapInfo;
import io.varve.daemon.overlay.Bitmaps;
import io.varve.daemon.overlay.DirtyBitmap;
import io.varve.daemon.overlay.OverlayInUseException;
import io.varve.daemon.overlay.OverlayReader;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Dirty bitmaps of overlays, whether their client is connected or not.
 *
 * <p>Thread-safe because overlays that are open are asked through their disks, and others under their lock.
 */
public final class OverlayBitmaps {

    private static final long LIMIT_SECONDS = 60;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Store store;
    private final DiskTable disks;

    /** Of an overlay that is open. */
    @FunctionalInterface
    private interface Live<T> {
        CompletableFuture<T> ask(DiskBitmaps bitmaps);
    }

    /** Of an overlay that nobody uses. */
    @FunctionalInterface
    private interface Resting<T> {
        T run() throws IOException;
    }

    OverlayBitmaps(Store store, DiskTable disks) {
        this.store = store;
        this.disks = disks;
    }

    /** Where no daemon runs. */
    public static OverlayBitmaps offline(Store store) {
        return new OverlayBitmaps(store, new DiskTable());
    }

    /**
     * Sorted by name.
     *
     * @throws StoreException if there is no such overlay
     */
    public List<BitmapInfo> list(ExportName name) throws IOException {
        return run(name, DiskBitmaps::list, () -> {
            Path directory = store.layout().overlay(name);
            try (FileLocks.Lock unused = store.space().tryLock(
                    directory.resolve(OverlayCatalogue.META), LockKind.SHARED)) {
                if (unused == null) {
                    throw store.overlayCatalogue().inUse(name, new OverlayInUseException(directory));
                }
                return OverlayReader.bitmaps(store.space(), directory);
            } catch (NoSuchFileException e) {
                throw store.overlayCatalogue().unknown(name, e);
            }
        });
    }

    /**
     * Starts a bitmap; all that is answered to the client from this call's return on is in it.
     *
     * @throws StoreException if there is no such overlay
     * @throws io.varve.daemon.overlay.BitmapException if there cannot be such a bitmap
     */
    public BitmapInfo start(ExportName name, String bitmapName) throws IOException {
        return run(name, disk -> disk.start(bitmapName), () -> {
            try (OverlayReader reader = store.overlayCatalogue().open(name)) {
                Bitmaps bitmaps = reader.bitmaps();
                DirtyBitmap bitmap = bitmaps.prepare(bitmapName);
                bitmaps.begin(bitmap);
                bitmaps.store(bitmap);
                return bitmap.info();
            }
        });
    }

    /**
     * @return what it said last
     * @throws StoreException if there is no such overlay
     * @throws io.varve.daemon.overlay.BitmapException if there is no such bitmap
     */
    public BitmapInfo drop(ExportName name, String bitmapName) throws IOException {
        return run(name, disk -> disk.drop(bitmapName), () -> {
            try (OverlayReader reader = store.overlayCatalogue().open(name)) {
                DirtyBitmap bitmap = reader.bitmaps().get(bitmapName);
                BitmapInfo last = bitmap.info();
                reader.bitmaps().end(bitmap);
                reader.bitmaps().delete(bitmap);
                return last;
            }
        });
    }

    /** Of the bitmaps that the next connection will be offered. */
    List<String> names(ExportBase base) throws IOException {
        DiskCore core = base.writes().shared() ? disks.open().get(base.name().toString()) : null;
        if (core != null) {
            return core.bitmaps().names();
        }
        return base.writes() == ExportBase.Writes.KEPT
                ? Bitmaps.names(store.space(), store.layout().overlay(base.name()))
                : List.of();
    }

    private <T> T run(ExportName name, Live<T> live, Resting<T> resting) throws IOException {
        long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (true) {
            DiskCore core = disks.open().get(name.toString());
            if (core != null && core.isAttached() && core.connect() != null) {
                try {
                    return await(name, live.ask(core.bitmaps()));
                } finally {
                    core.disconnect();
                }
            }
            try {
                return resting.run();
            } catch (StoreException e) {
                // The client comes or goes at this moment.
                if (!(e.getCause() instanceof OverlayInUseException) || System.nanoTime() > deadlineNs) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY_NS);
            }
        }
    }

    private static <T> T await(ExportName name, CompletableFuture<T> answer) throws IOException {
        try {
            return answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new StoreException("overlay " + name + ": " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new StoreException("overlay " + name + ": the change of its bitmaps was not finished in "
                    + LIMIT_SECONDS + " s: 'varve status' shows what its disk does", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while bitmaps of " + name + " were changed", e);
        }
    }
}
