package io.varve.daemon.store;

import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What a client, a daemon or a command does in one step with a store. */
enum StoreStep {

    WRITE {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            harness.write(0, 1, false);
            return true;
        }
    },
    WRITE_FLUSH {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            harness.write(1, 2, true);
            return true;
        }
    },
    ZERO_FLUSH {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            harness.zeroAndFlush(0);
            return true;
        }
    },
    RESET {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            if (!harness.hasOverlay()) {
                return false;
            }
            harness.reset();
            return true;
        }
    },
    COMMIT {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            if (!harness.hasOverlay()) {
                return false;
            }
            harness.publish((store, name) -> store.commit(StoreHarness.ALICE, name));
            return true;
        }
    },
    SNAPSHOT {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            if (!harness.hasOverlay()) {
                return false;
            }
            harness.publish((store, name) -> store.snapshot(StoreHarness.ALICE, name));
            return true;
        }
    },
    /** Frozen overlays become layers. */
    SEAL {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            return sealAll(harness.store());
        }
    },
    MERGE {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            ImageName image = tallest(harness);
            if (image == null) {
                return false;
            }
            try {
                new LayerMaintenance(harness.store(), 0, MaintenanceListener.NONE).merge(image, 2);
            } catch (StoreException e) {
                // A frozen overlay that says nothing is no layer once it is sealed.
                if (harness.store().image(image).chain().size() > 1) {
                    throw e;
                }
            }
            return true;
        }
    },
    FLATTEN {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            ImageName image = tallest(harness);
            if (image == null) {
                return false;
            }
            new LayerMaintenance(harness.store(), 0, MaintenanceListener.NONE).flatten(image);
            return true;
        }
    },
    /** Puts an image that stands on other layers, a flat one, onto those of the first image. */
    REBASE {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            List<LayerId> base = harness.store().image(StoreHarness.WIN).chain();
            for (ImageName image : harness.images()) {
                if (!StandingChain.startsWith(harness.store().image(image).chain(), base)) {
                    rebase(harness, image);
                    return true;
                }
            }
            return false;
        }

        /** Back to layers that others have replaced is refused until a garbage collection, as the refusal says. */
        private void rebase(StoreHarness harness, ImageName image) throws IOException {
            LayerMaintenance maintenance = new LayerMaintenance(harness.store(), 0, MaintenanceListener.NONE);
            try {
                maintenance.rebase(image, StoreHarness.WIN);
            } catch (StoreException e) {
                if (!e.getMessage().contains("run 'varve gc' first")) {
                    throw e;
                }
                GC.run(harness);
                maintenance.rebase(image, StoreHarness.WIN);
            }
        }
    },
    /** Removes an image, and the layers that nothing else needs. */
    REMOVE {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            for (ImageName image : harness.images()) {
                if (!image.equals(StoreHarness.WIN)) {
                    harness.remove(image);
                    return true;
                }
            }
            return false;
        }
    },
    /** Without a grace period: what nothing needs is gone at once. */
    GC {
        @Override
        boolean run(StoreHarness harness) throws IOException {
            String kept = harness.store().collectGarbage(Duration.ZERO).kept();
            if (kept != null) {
                throw new IOException(kept);
            }
            return true;
        }
    };

    /** False if there is nothing to do it with. */
    abstract boolean run(StoreHarness harness) throws IOException;

    /** Makes layers of all frozen overlays; false if there is none. */
    static boolean sealAll(Store store) throws IOException {
        boolean sealed = false;
        while (sealOne(store)) {
            sealed = true;
        }
        return sealed;
    }

    private static boolean sealOne(Store store) throws IOException {
        for (StandingChain chain : store.standingChains()) {
            List<LayerId> layers = store.resolve(chain.layers());
            int frozen = store.looseLayers().firstIn(layers);
            if (frozen >= 0) {
                new FrozenSeal(store, new Pace(0)).seal(layers.subList(0, frozen + 1), chain.size());
                return true;
            }
        }
        return false;
    }

    /** The last image of at least two layers; null if there is none. */
    private static ImageName tallest(StoreHarness harness) throws IOException {
        ImageName found = null;
        for (ImageName image : harness.images()) {
            found = harness.store().image(image).chain().size() > 1 ? image : found;
        }
        return found;
    }
}
