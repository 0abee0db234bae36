package io.varve.daemon.store;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.boot.BootLogSlot;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.boot.PageLoader;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.disk.ChainSnapshot;
import io.varve.daemon.disk.DiskCore;
import io.varve.daemon.disk.DiskParts;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.MemoryPool;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayInUseException;
import io.varve.daemon.overlay.OverlayMeta;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts disks together: the lock that keeps the image from being removed, the chain, the overlay, the boot.
 *
 * <p>Thread-safe because each disk is put together by one thread, from parts that are safe to share.
 */
final class DiskOpener {

    private static final Logger LOG = LoggerFactory.getLogger(DiskOpener.class);

    private static final int OPEN_ATTEMPTS = 20;
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Store store;
    private final SharedChains chains;
    private final BootReset resets;
    private final OverlayChoice choice;
    /** Null where no overlay is in memory. */
    private final MemoryPool memory;
    private final BootEngine boots;
    private final Workers workers;
    private final Counters counters;
    private final SequenceCache sequences;
    private final ClosedOverlays closedOverlays = new ClosedOverlays();
    /** Disks take the agents in turn. */
    private final AtomicInteger nextOwnerKey = new AtomicInteger();

    DiskOpener(Store store, OverlayChoice choice, MemoryPool memory, BootEngine boots, Workers workers,
            Counters counters) {
        this.store = store;
        this.choice = choice;
        this.memory = memory;
        this.chains = new SharedChains(store::openChain);
        this.resets = new BootReset(store.space(), store.layout(), workers::background);
        this.sequences = new SequenceCache(store.space());
        this.boots = boots;
        this.workers = workers;
        this.counters = counters;
    }

    /** @param onClosed runs when everything was given back */
    DiskCore open(ExportBase base, Runnable onClosed) throws IOException {
        ImageName image = base.name().image();
        FileLocks.Lock inUse = store.lockInUse(image);
        SharedChains.Lease lease = null;
        try {
            lease = openChain(base);
            BootLogSlot log = ImageBootLog.of(store.bootHistory(), base.name(), lease.chain());
            DiskParts parts = new DiskParts(
                    base.info(), nextOwnerKey.getAndIncrement(), ChainSnapshot.of(lease.chain(), lease::close),
                    overlay(base), loader -> boot(base, loader, log));
            return new DiskCore(parts, workers, counters, () -> giveBack(inUse, onClosed));
        } catch (IOException | RuntimeException e) {
            if (lease != null) {
                lease.close();
            }
            giveBack(inUse, () -> {});
            throw e;
        }
    }

    /** For a disk that is open already. */
    ChainSnapshot openChain(List<LayerId> chain, long size) throws IOException {
        SharedChains.Lease lease = chains.open(chain, size);
        return ChainSnapshot.of(lease.chain(), lease::close);
    }

    private SharedChains.Lease openChain(ExportBase base) throws IOException {
        try {
            return chains.open(base.chain(), base.size());
        } catch (StoreException e) {
            throw new StoreException("export " + base.name() + ": " + e.getMessage(), e);
        }
    }

    /** Null where writes are refused. */
    private Overlay overlay(ExportBase base) throws IOException {
        Overlay overlay = openOverlay(base);
        if (overlay != null) {
            overlay.limit(choice.of(base.name().image()).quotaLength());
        }
        return overlay;
    }

    private Overlay openOverlay(ExportBase base) throws IOException {
        return switch (base.writes()) {
            case REFUSED -> null;
            case KEPT -> {
                resets.keep(base.name());
                yield openKept(base);
            }
            case KEPT_UNTIL_BOOT -> {
                patiently(() -> {
                    resets.begin(base.name());
                    return null;
                });
                yield openKept(base);
            }
            case UNTIL_CLIENT_LEAVES, UNTIL_CONNECTION_ENDS -> {
                Path directory = store.layout().ephemeral().resolve(UUID.randomUUID().toString());
                yield choice.of(base.name().image()).mode() != OverlayMode.MEMORY
                        ? Overlay.createEphemeral(store.space(), directory, base.size(), workers)
                        : Overlay.createInMemory(store.space(), directory, base.size(), memory, workers);
            }
        };
    }

    private Overlay openKept(ExportBase base) throws IOException {
        ImageName image = base.name().image();
        OverlayMeta meta = new OverlayMeta(UUID.randomUUID(), image.name(), image.tag(),
                base.noted().stream().map(LayerId::hex).toList(), base.size(),
                base.name().client().orElseThrow(), System.currentTimeMillis());
        Path directory = store.layout().overlay(base.name());
        return patiently(() -> Overlay.openPersistent(store.space(), directory, meta, workers, closedOverlays));
    }

    /** Something that is done with an overlay that nobody uses. */
    @FunctionalInterface
    private interface OverlayWork<T> {
        T run() throws IOException;
    }

    /** Whoever lists or resets overlays holds their locks for a moment; a client need not notice. */
    private static <T> T patiently(OverlayWork<T> work) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return work.run();
            } catch (OverlayInUseException e) {
                if (attempt == OPEN_ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY_NS);
            }
        }
    }

    private BootTracker boot(ExportBase base, PageLoader loader, BootLogSlot log) {
        return boots.logs().follow(boot(base, loader), Pages.count(base.size()), log);
    }

    /** What an overlay on an older content reads teaches nothing about the image as it is now. */
    private BootTracker boot(ExportBase base, PageLoader loader) {
        if (base.booted() == null) {
            return BootTracker.NONE;
        }
        ImageSequence slot = new ImageSequence(store, sequences, base.name().image(), base.booted(), base.size(),
                () -> chains.open(base.chain(), base.size())::close);
        return boots.open(slot, Pages.count(base.size()), loader);
    }

    private static void giveBack(FileLocks.Lock inUse, Runnable onClosed) {
        try {
            inUse.close();
        } catch (IOException e) {
            LOG.warn("the lock of an image was not given back cleanly", e);
        }
        onClosed.run();
    }
}
