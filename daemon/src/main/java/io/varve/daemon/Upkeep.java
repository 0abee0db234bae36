package io.varve.daemon;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.store.BackgroundScrub;
import io.varve.daemon.store.Maintenance;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreDirectory;
import io.varve.daemon.store.UpkeepPolicy;

/**
 * What is done for the store beside serving.
 *
 * <p>Thread-safe because the parts are, and {@link #change} runs one call at a time.
 */
final class Upkeep implements AutoCloseable {

    private final Store store;
    private final Maintenance maintenance;
    private final BootEngine boots;
    /** Null where the store is not read in the background. */
    private volatile BackgroundScrub scrub;
    private long scrubRate;

    private Upkeep(Store store, Maintenance maintenance, BootEngine boots) {
        this.store = store;
        this.boots = boots;
        this.maintenance = maintenance;
    }

    static Upkeep start(Store store, StoreDirectory directory, BootEngine boots, UpkeepPolicy policy) {
        Upkeep upkeep = new Upkeep(store, Maintenance.start(store, directory, policy), boots);
        boots.keepPacks(policy.bootPacks());
        upkeep.changeScrub(policy.scrubRate());
        return upkeep;
    }

    synchronized void change(UpkeepPolicy policy) {
        maintenance.change(policy);
        boots.keepPacks(policy.bootPacks());
        changeScrub(policy.scrubRate());
    }

    /** A pass at another rate is begun anew. */
    private synchronized void changeScrub(long rate) {
        if (rate == scrubRate) {
            return;
        }
        if (scrub != null) {
            scrub.close();
        }
        scrub = rate == 0 ? null : BackgroundScrub.start(store, rate);
        scrubRate = rate;
    }

    /** Does at once what would be done within seconds. */
    void maintainSoon() {
        maintenance.lookSoon();
    }

    /** Null where the store is not read in the background. */
    BackgroundScrub scrub() {
        return scrub;
    }

    @Override
    public synchronized void close() {
        changeScrub(0);
        maintenance.close();
    }
}
