package io.varve.daemon;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.serve.ConnectionStatus;
import io.varve.daemon.serve.Server;
import io.varve.daemon.store.BackgroundScrub;
import io.varve.daemon.store.DiskStatus;
import io.varve.daemon.store.Finding;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.StoreDirectory;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Describes the running daemon. The keys are a contract with scripts that read {@code varve status --json}.
 *
 * <p>Owned by the control thread; what it asks may be asked by any thread.
 */
final class DaemonStatus {

    private final Supplier<DaemonContext> present;
    private final Server server;
    private final StoreDirectory directory;
    private final Counters counters;
    private final Upkeep upkeep;
    private final long startNs = System.nanoTime();

    DaemonStatus(Supplier<DaemonContext> present, Server server, StoreDirectory directory, Counters counters,
            Upkeep upkeep) {
        this.present = present;
        this.server = server;
        this.directory = directory;
        this.counters = counters;
        this.upkeep = upkeep;
    }

    Map<String, Object> describe() throws IOException {
        List<DiskStatus> disks = directory.disks();
        DaemonContext context = present.get();
        ServedExports exports = context.exports();
        BackgroundScrub scrub = upkeep.scrub();
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("store", context.store().toString());
        status.put("pid", ProcessHandle.current().pid());
        status.put("uptimeMs", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs));
        status.put("listeners", server.addresses());
        status.put("agents", server.agentCount());
        status.put("overlayMode", exports.modeText());
        status.put("images", directory.images().stream().map(ImageName::toString).toList());
        status.put("connections", server.connections().stream().map(DaemonStatus::connection).toList());
        status.put("disks", disks.stream().map(DaemonStatus::disk).toList());
        status.put("remotes", directory.remotes().stream().map(RemoteFields::of).toList());
        status.put("overlayPromise", exports.promise());
        status.put("overlayMemory", exports.overlays().mode() == OverlayMode.MEMORY
                ? exports.overlays().memoryLength() : 0);
        status.put("overlayMemoryTaken", directory.memoryTakenLength());
        status.put("overlayQuota", exports.overlays().quotaLength());
        status.put("failedOverlays", disks.stream()
                .filter(disk -> disk.overlay() != null && disk.overlay().failure() != null)
                .map(DiskStatus::name).toList());
        status.put("counters", totals());
        status.put("scrub", scrub == null ? null : scrub(scrub.status()));
        return status;
    }

    private static Map<String, Object> scrub(BackgroundScrub.Status scrub) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rate", scrub.rate());
        fields.put("running", scrub.running());
        fields.put("doneBytes", scrub.doneLength());
        fields.put("totalBytes", scrub.totalLength());
        fields.put("passes", scrub.passCount());
        fields.put("lastEnd", scrub.lastEnd() == null ? null : scrub.lastEnd().toString());
        fields.put("damages", scrub.findings().stream().map(DaemonStatus::damage).toList());
        return fields;
    }

    private static Map<String, Object> damage(Finding finding) {
        Map<String, Object> fields = finding.fields();
        fields.put("line", finding.line());
        return fields;
    }

    private static Map<String, Object> connection(ConnectionStatus connection) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("export", connection.export());
        fields.put("peer", connection.peer());
        fields.put("agent", connection.agent());
        fields.put("requests", connection.requestCount());
        fields.put("parked", connection.parkedCount());
        return fields;
    }

    private static Map<String, Object> disk(DiskStatus disk) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", disk.name());
        fields.put("connections", disk.connectionCount());
        fields.put("boot", boot(disk));
        DiskStatus.OverlayStatus overlay = disk.overlay();
        fields.put("overlayMode", disk.mode().text());
        fields.put("overlayBytes", overlay == null ? 0 : overlay.use().heldLength());
        fields.put("overlayMemory", overlay == null ? 0 : overlay.use().memoryLength());
        fields.put("overlayQuota", overlay == null ? 0 : overlay.use().quotaLength());
        fields.put("overlayFailure", overlay == null ? null : overlay.failure());
        Map<String, Object> counted = new LinkedHashMap<>();
        disk.counters().forEach((counter, value) -> counted.put(counter.name(), value));
        fields.put("counters", counted);
        return fields;
    }

    private static Map<String, Object> boot(DiskStatus disk) {
        BootCounters boot = disk.boot();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("activity", disk.activity().name().toLowerCase(Locale.ROOT));
        fields.put("prefetched", boot.prefetched());
        fields.put("used", boot.used());
        fields.put("wasted", boot.wasted());
        fields.put("late", boot.late());
        fields.put("missed", boot.missed());
        fields.put("hitRatio", boot.hitRatio());
        return fields;
    }

    private Map<String, Object> totals() {
        Map<String, Object> totals = new LinkedHashMap<>();
        for (Counter counter : Counter.values()) {
            totals.put(counter.name(), counters.get(counter).get());
        }
        return totals;
    }
}
