package io.varve.daemon.store;

import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerUse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps chains short while clients run: seals frozen overlays, merges chains that have become long, and puts what is
 * new under the disks that are open.
 *
 * <p>Design note: it looks at the store now and then instead of being told, because commands in other processes change
 * the store too, and because what a crash interrupted is found the same way.
 *
 * <p>Thread-safe because all of it runs on one thread; only the policy comes from others.
 */
public final class Maintenance implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);

    private static final long PERIOD_SECONDS = 10;
    private static final long CLOSE_LIMIT_SECONDS = 30;
    /** What failed, for lack of space perhaps, is not tried again before. */
    private static final long RETRY_NS = TimeUnit.MINUTES.toNanos(10);

    private final Store store;
    private final StoreDirectory directory;
    private volatile UpkeepPolicy policy;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread fresh = new Thread(task, "varve-maintenance");
        fresh.setDaemon(true);
        return fresh;
    });
    private final LongSupplier nanoClock;
    /** Chains that could not be worked on, and since when. */
    private final Map<List<LayerId>, Long> failedSinceNs = new HashMap<>();
    /** Layers that were looked at, and waste no space. */
    private final Set<LayerId> dense = new HashSet<>();

    public static Maintenance start(Store store, StoreDirectory directory, UpkeepPolicy policy) {
        Maintenance maintenance = new Maintenance(store, directory, policy, System::nanoTime);
        maintenance.thread.scheduleWithFixedDelay(
                maintenance::look, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
        return maintenance;
    }

    Maintenance(Store store, StoreDirectory directory, UpkeepPolicy policy, LongSupplier nanoClock) {
        this.store = store;
        this.directory = directory;
        this.policy = policy;
        this.nanoClock = nanoClock;
    }

    /** Holds for what is begun from now on. */
    public void change(UpkeepPolicy next) {
        policy = next;
    }

    /** Looks at the store as soon as what is under way is done. */
    public void lookSoon() {
        thread.execute(this::look);
    }

    private void look() {
        try {
            run();
        } catch (InterruptedIOException e) {
            LOG.debug("maintenance ends", e);
        } catch (IOException | RuntimeException e) {
            LOG.warn("maintenance of the store failed, and is tried again later: {}", e.getMessage());
        }
    }

    /** All that is to be done at this moment. */
    void run() throws IOException {
        boolean changed = false;
        long nowNs = nanoClock.getAsLong();
        failedSinceNs.values().removeIf(sinceNs -> nowNs - sinceNs >= RETRY_NS);
        for (StandingChain chain = next(); chain != null; chain = next()) {
            try {
                work(chain);
                changed = true;
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                failedSinceNs.put(chain.layers(), nowNs);
                LOG.warn("a chain of {} layers stays as it is for {} minutes: {}", chain.layers().size(),
                        TimeUnit.NANOSECONDS.toMinutes(RETRY_NS), e.getMessage());
            }
        }
        if (changed) {
            directory.refresh();
        }
    }

    /** Null if nothing is to be done. */
    private StandingChain next() throws IOException {
        for (StandingChain standing : store.standingChains()) {
            List<LayerId> layers = standing.layers();
            int loose = store.looseLayers().firstToSealIn(layers);
            if (loose >= 0) {
                layers = layers.subList(0, loose + 1);
            }
            boolean tooLong = policy.maxLayerCount() > 0 && layers.size() > policy.maxLayerCount()
                    && store.looseLayers().firstIn(layers) < 0;
            if ((loose >= 0 || tooLong || isMergedInPart(layers)) && !failedSinceNs.containsKey(layers)) {
                return new StandingChain(layers, standing.size());
            }
        }
        return null;
    }

    /** Whether a daemon ended between the two steps of a merge, so that space is still to be given back. */
    private boolean isMergedInPart(List<LayerId> layers) {
        if (policy.maxLayerCount() == 0 || layers.size() != 1 || dense.contains(layers.get(0))) {
            return false;
        }
        try {
            if (LayerUse.of(store.space(), store.layout().layers(), layers.get(0)).sparse()) {
                return true;
            }
        } catch (IOException e) {
            LOG.debug("whether layer {} wastes space cannot be told", layers.get(0), e);
        }
        dense.add(layers.get(0));
        return false;
    }

    private void work(StandingChain chain) throws IOException {
        List<LayerId> layers = chain.layers();
        LayerId top = layers.get(layers.size() - 1);
        if (store.looseLayers().contains(top)) {
            long rate = store.looseLayers().copyRate(top, policy.copyRate());
            new FrozenSeal(store, new Pace(rate)).seal(layers, chain.size());
            LOG.info("sealed layer {} of a chain, which had no checksums so far", layers.size());
            return;
        }
        LayerMaintenance maintenance = new LayerMaintenance(store, policy.copyRate(), new Refreshing());
        if (layers.size() == 1) {
            maintenance.giveBack(layers);
            LOG.info("gave back what a merge that was cut short had left");
            return;
        }
        maintenance.merge(layers);
        LOG.info("merged a chain of {} layers", layers.size());
    }

    /** The short chain is used at once; pages may be copied for a long time after that. */
    private final class Refreshing implements MaintenanceListener {

        @Override
        public void onProgress(long doneLength, long totalLength) {
            LOG.debug("copied {} of {} bytes", doneLength, totalLength);
        }

        @Override
        public void onReplaced() {
            try {
                directory.refresh();
            } catch (IOException e) {
                LOG.warn("disks that are open keep their old layers for a while: {}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("maintenance is still busy; what it does is begun anew by the next daemon");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
