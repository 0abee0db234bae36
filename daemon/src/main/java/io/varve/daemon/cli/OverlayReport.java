package io.varve.daemon.cli;

import io.varve.daemon.io.Pages;
import io.varve.daemon.overlay.OverlayInfo;
import io.varve.daemon.store.OverlayEntry;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * An overlay in the words of the command line; the keys are a contract.
 *
 * <p>Immutable.
 *
 * @param quota bytes that the running daemon allows it; 0 if nothing is set, or none runs
 */
record OverlayReport(OverlayEntry overlay, long quota) {

    /** What the running daemon allows each overlay, bytes; 0 if nothing is set, or none runs. */
    static long quota(Services services, Path store) {
        try {
            Map<String, Object> status = services.askDaemon(store, Map.of("ask", "status"));
            return status.get("overlayQuota") instanceof Number quota ? quota.longValue() : 0;
        } catch (IOException noDaemon) {
            return 0;
        }
    }

    String quotaText() {
        return quota == 0 ? "-" : Units.bytes(quota);
    }

    /** Of an overlay in use that commits follow the last checkpoint is its ordinary state. */
    String state() {
        OverlayInfo info = overlay.info();
        if (info == null) {
            return "unreadable";
        }
        return overlay.inUse() ? "open" : info.condition().name().toLowerCase(Locale.ROOT);
    }

    Map<String, Object> fields() {
        OverlayInfo info = overlay.info();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", overlay.name().toString());
        fields.put("image", overlay.name().image().toString());
        fields.put("client", overlay.name().client().orElseThrow());
        fields.put("mode", overlay.mode().text());
        fields.put("inUse", overlay.inUse());
        fields.put("state", state());
        fields.put("problem", overlay.problem());
        fields.put("quota", quota == 0 ? null : quota);
        if (info != null) {
            fields.put("size", info.meta().size());
            fields.put("bytes", info.bytesUsed());
            fields.put("presentPages", info.presentPages());
            fields.put("zeroPages", info.zeroPages());
            fields.put("layers", info.meta().layerIds());
            fields.put("createdMs", info.meta().createdMs());
        }
        return fields;
    }

    void print(PrintStream out) {
        out.println("overlay  " + overlay.name());
        out.println("mode     " + overlay.mode().text() + ": writes are " + overlay.mode().promise());
        out.println("state    " + state() + (overlay.problem() == null ? "" : ": " + overlay.problem()));
        OverlayInfo info = overlay.info();
        if (info != null) {
            out.println("size     " + Units.bytes(info.meta().size()) + " (" + info.meta().size() + " bytes)");
            out.println("holds    " + Units.bytes(Pages.offset(info.presentPages())) + " of data, "
                    + Units.bytes(Pages.offset(info.zeroPages())) + " of zeros; takes "
                    + Units.bytes(info.bytesUsed()));
            out.println("quota    " + quotaText());
            out.println("created  " + Descriptions.time(Instant.ofEpochMilli(info.meta().createdMs())));
            out.println("above    " + info.meta().layerIds().size()
                    + (info.meta().layerIds().size() == 1 ? " layer" : " layers"));
        }
        out.println();
        Table table = new Table("WHEN ANSWERED", "DURABLE IS", "A CRASH BEFORE THE NEXT FLUSH LEAVES");
        table.add("write", "nothing yet", "the old page or the new one; of a page flushed before, old and new sectors");
        table.add("zero, trim", "nothing yet", "the old page or zeros");
        table.add("zero without hole", "nothing yet", "the same; its disk space is taken now");
        table.add("flush, FUA", "all answered before", "all that, on whatever connection it was written");
        table.print(out);
    }
}
