package io.varve.daemon;

import io.varve.daemon.access.AccessPolicy;
import io.varve.daemon.cli.Offer;
import io.varve.daemon.cli.ServeSettings;
import io.varve.daemon.config.Config;
import io.varve.daemon.config.ExportSettings;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayChoice;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.OverlayPolicy;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is served, to whom, and what becomes of writes.
 *
 * @param offer    what must be there when the daemon starts
 * @param overlays what the daemon is prepared for: memory, if any overlay may be in it
 * @param choice   what holds for each image
 * @param modes    that {@code choice} can answer
 * @param access   who may use what
 */
record ServedExports(
        Offer offer, OverlayPolicy overlays, OverlayChoice choice, Set<OverlayMode> modes,
        AccessPolicy access) {

    static ServedExports of(ServeSettings settings) {
        OverlayPolicy overlays = settings.overlays();
        return new ServedExports(
                settings.offer(), overlays, image -> overlays, EnumSet.of(overlays.mode()), AccessPolicy.OPEN);
    }

    static ServedExports of(Config config) {
        Set<OverlayMode> modes = EnumSet.noneOf(OverlayMode.class);
        config.exports().forEach(export -> modes.add(export.mode()));
        if (modes.isEmpty()) {
            modes.add(OverlayMode.PERSISTENT);
        }
        OverlayMode prepared = modes.contains(OverlayMode.MEMORY) ? OverlayMode.MEMORY : modes.iterator().next();
        long memoryLength = config.memoryLength() > 0 ? config.memoryLength()
                : prepared == OverlayMode.MEMORY ? OverlayPolicy.usualMemoryLength() : OverlayPolicy.MIN_MEMORY_LENGTH;
        List<ExportSettings> exports = config.exports();
        return new ServedExports(Offer.EVERYTHING, new OverlayPolicy(prepared, 0, memoryLength),
                image -> choose(exports, image), modes, config.access());
    }

    /** An image that no export names is served to nobody, unless there are none. */
    private static OverlayPolicy choose(List<ExportSettings> exports, ImageName image) {
        return exports.stream()
                .filter(export -> export.access().isFor(image.toString()))
                .findFirst()
                .map(export -> new OverlayPolicy(export.mode(), export.quotaLength(), 0))
                .orElse(OverlayPolicy.of(OverlayMode.PERSISTENT));
    }

    /** For people: one mode, or all that occur. */
    String modeText() {
        return modes.stream().map(OverlayMode::text).collect(Collectors.joining(", "));
    }

    /** For people: what becomes of writes. */
    String promise() {
        return modes.size() == 1 ? modes.iterator().next().promise() : "kept or not, as each export says";
    }
}
