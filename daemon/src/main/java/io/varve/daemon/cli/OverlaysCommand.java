package io.varve.daemon.cli;

import io.varve.daemon.overlay.OverlayInfo;
import io.varve.daemon.store.OverlayEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists what is kept for clients. Owned by the thread that runs the command. */
@Command(name = "overlays", description = "List the overlays that are kept for clients.")
final class OverlaysCommand extends StoreCommand {

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        List<OverlayEntry> overlays = openStore().overlays();
        long quota = quota();
        if (json) {
            List<Object> list = new ArrayList<>();
            overlays.forEach(overlay -> list.add(describe(overlay, quota)));
            printJson(list);
            return DONE;
        }
        Table table = new Table("IMAGE", "CLIENT", "MODE", ">BYTES", ">QUOTA", "STATE", "IN USE", "PROBLEM");
        for (OverlayEntry overlay : overlays) {
            table.add(overlay.name().image(), overlay.name().client().orElseThrow(), overlay.mode().text(),
                    overlay.info() == null ? "-" : Units.bytes(overlay.info().bytesUsed()),
                    quota == 0 ? "-" : Units.bytes(quota), state(overlay),
                    overlay.inUse() ? "yes" : "no", overlay.problem() == null ? "" : overlay.problem());
        }
        table.print(surroundings().out());
        return DONE;
    }

    /** What the running daemon allows each overlay, bytes; 0 if nothing is set, or none runs. */
    private long quota() {
        try {
            Map<String, Object> status = surroundings().services().askDaemon(storePath(), Map.of("ask", "status"));
            return status.get("overlayQuota") instanceof Number quota ? quota.longValue() : 0;
        } catch (IOException noDaemon) {
            return 0;
        }
    }

    /** Of an overlay in use that commits follow the last checkpoint is its ordinary state. */
    private static String state(OverlayEntry overlay) {
        OverlayInfo info = overlay.info();
        if (info == null) {
            return "unreadable";
        }
        return overlay.inUse() ? "open" : info.condition().name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> describe(OverlayEntry overlay, long quota) {
        OverlayInfo info = overlay.info();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", overlay.name().toString());
        fields.put("image", overlay.name().image().toString());
        fields.put("client", overlay.name().client().orElseThrow());
        fields.put("mode", overlay.mode().text());
        fields.put("inUse", overlay.inUse());
        fields.put("state", state(overlay));
        fields.put("problem", overlay.problem());
        if (info != null) {
            fields.put("size", info.meta().size());
            fields.put("bytes", info.bytesUsed());
            fields.put("quota", quota == 0 ? null : quota);
            fields.put("presentPages", info.presentPages());
            fields.put("zeroPages", info.zeroPages());
            fields.put("layers", info.meta().layerIds());
            fields.put("createdMs", info.meta().createdMs());
        }
        return fields;
    }
}
