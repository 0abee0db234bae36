package io.varve.daemon;

import io.varve.daemon.config.ConfigException;
import io.varve.daemon.control.ControlHandler;
import io.varve.daemon.overlay.BitmapInfo;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.NameException;
import io.varve.daemon.store.OverlayBitmaps;
import io.varve.daemon.store.StoreDirectory;
import io.varve.daemon.store.TakenSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the running daemon can be asked:
 *
 * <pre>
 *   {"ask":"status"}                                        see DaemonStatus
 *   {"ask":"snapshot","overlay":"IMAGE@CLIENT","image":"NEW"}
 *                                                           {"layers":COUNT,"heldUs":MICROSECONDS}
 *   {"ask":"bitmap","action":"start|list|drop","overlay":"IMAGE@CLIENT","name":"NAME"}
 *                                                           {"bitmaps":[...]}, see BitmapInfo; a list needs no name
 *   {"ask":"reload"}                                        the configuration file was changed:
 *                                                           {"mistakes":[LINE...],"waiting":[LINE...]}
 *   {"ask":"maintain"}                                      look now for chains to seal and to merge: {}
 *   {"ask":"refresh"}                                       layers were replaced by equal ones: {"disks":COUNT}
 * </pre>
 *
 * <p>Owned by the control thread; what it asks may be asked by any thread.
 */
final class DaemonControl implements ControlHandler {

    private final DaemonStatus status;
    private final StoreDirectory directory;
    private final Upkeep upkeep;
    private final Reload reload;

    /** What the daemon does when it reads its configuration file again. */
    @FunctionalInterface
    interface Reload {
        List<String> run() throws IOException;
    }

    DaemonControl(DaemonStatus status, StoreDirectory directory, Upkeep upkeep, Reload reload) {
        this.status = status;
        this.directory = directory;
        this.upkeep = upkeep;
        this.reload = reload;
    }

    @Override
    public Map<String, Object> answer(Map<String, Object> request) throws IOException {
        return switch (String.valueOf(request.get("ask"))) {
            case "status" -> status.describe();
            case "snapshot" -> snapshot(text(request, "overlay"), text(request, "image"));
            case "bitmap" -> Map.of("bitmaps", bitmaps(request).stream().map(BitmapInfo::fields).toList());
            case "refresh" -> Map.of("disks", directory.refresh());
            case "reload" -> reload();
            case "maintain" -> maintain();
            default -> throw new IOException(
                    "this daemon can be asked for status, snapshot, bitmap, reload, maintain and refresh");
        };
    }

    private List<BitmapInfo> bitmaps(Map<String, Object> request) throws IOException {
        ExportName overlay = exportName(text(request, "overlay"));
        OverlayBitmaps bitmaps = directory.bitmaps();
        return switch (text(request, "action")) {
            case "start" -> List.of(bitmaps.start(overlay, text(request, "name")));
            case "drop" -> List.of(bitmaps.drop(overlay, text(request, "name")));
            case "list" -> bitmaps.list(overlay);
            default -> throw new IOException("bitmaps can be asked to start, list and drop");
        };
    }

    private Map<String, Object> maintain() {
        upkeep.maintainSoon();
        return Map.of();
    }

    private Map<String, Object> reload() throws IOException {
        try {
            return Map.of("mistakes", List.of(), "waiting", reload.run());
        } catch (ConfigException e) {
            return Map.of("mistakes", e.mistakes(), "waiting", List.of());
        }
    }

    private Map<String, Object> snapshot(String overlay, String image) throws IOException {
        TakenSnapshot taken = directory.snapshot(exportName(overlay), imageName(image));
        return Map.of(
                "layers", taken.image().chain().size(),
                "heldUs", TimeUnit.NANOSECONDS.toMicros(taken.heldNs()));
    }

    private static String text(Map<String, Object> request, String key) throws IOException {
        if (request.get(key) instanceof String text) {
            return text;
        }
        throw new IOException("the request has no text '" + key + "'");
    }

    private static ExportName exportName(String text) throws IOException {
        try {
            return ExportName.parseWithClient(text);
        } catch (NameException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static ImageName imageName(String text) throws IOException {
        try {
            return ImageName.parse(text);
        } catch (NameException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
