package io.varve.daemon.store;

import io.varve.daemon.layer.Damage;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.Scrub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Reads everything that images consist of, each layer once, and goes on after what it finds.
 *
 * <p>Owned by the thread that scrubs.
 */
public final class StoreScrub {

    private final Store store;
    private final Scrub scrub;
    private final Listener listener;
    /** Who needs each layer, in the order in which they are checked. */
    private final Map<LayerId, TreeSet<String>> layers = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private long doneLength;
    private long totalLength;

    /** Hears how far it is. Owned by the thread that scrubs. */
    @FunctionalInterface
    public interface Listener {
        void onProgress(long doneLength, long totalLength);
    }

    /**
     * Something that is not as it was written.
     *
     * @param users  images and overlays that are affected
     * @param layer  null if it is not about a layer
     * @param damage exact range; null if nothing more than {@code what} is known
     * @param what   one line
     */
    public record Finding(List<String> users, LayerId layer, Damage damage, String what) {}

    public StoreScrub(Store store, Listener listener) {
        this.store = store;
        this.listener = listener;
        this.scrub = new Scrub(store.space(), store.layout().layers(), this::onChecked);
    }

    /** How many layers there are to check. */
    public int layerCount() {
        return layers.size();
    }

    /** @throws StoreException if there is no such image */
    public void addImage(ImageName image) throws IOException {
        add(image.toString(), store.image(image).chain());
    }

    /** Every image, and everything that overlays stand on. What cannot be read is a finding. */
    public void addEverything() throws IOException {
        for (ImageName image : store.images()) {
            try {
                addImage(image);
            } catch (IOException e) {
                findings.add(new Finding(List.of(image.toString()), null, null, e.getMessage()));
            }
        }
        for (OverlayEntry overlay : store.overlays()) {
            if (overlay.info() == null) {
                findings.add(new Finding(List.of(overlay.name().toString()), null, null, overlay.problem()));
            } else {
                add(overlay.name().toString(), overlay.info().meta().layerIds().stream().map(LayerId::new).toList());
            }
        }
    }

    private void add(String user, List<LayerId> chain) {
        for (LayerId layer : chain) {
            layers.computeIfAbsent(layer, unseen -> new TreeSet<>()).add(user);
        }
    }

    /** @return empty if all is well */
    public List<Finding> run() {
        for (LayerId layer : layers.keySet()) {
            totalLength += scrub.length(layer);
        }
        layers.forEach((layer, users) -> {
            for (Damage damage : scrub.check(layer)) {
                findings.add(new Finding(List.copyOf(users), layer, damage, damage.toString()));
            }
        });
        return List.copyOf(findings);
    }

    private void onChecked(long length) {
        doneLength += length;
        listener.onProgress(doneLength, totalLength);
    }
}
