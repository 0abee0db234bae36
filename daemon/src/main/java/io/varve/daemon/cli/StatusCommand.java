package io.varve.daemon.cli;

import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what the daemon of the store does. Owned by the thread that runs the command. */
@Command(name = "status", description = "Show what the running daemon does.")
final class StatusCommand extends StoreCommand {

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Map<String, Object> status = surroundings().services().askDaemon(storePath(), Map.of("ask", "status"));
        if (json) {
            printJson(status);
        } else {
            printText(status, surroundings().out());
        }
        return DONE;
    }

    static void printText(Map<String, Object> status, PrintStream out) {
        out.println("store       " + status.get("store") + " (pid " + status.get("pid") + ", up "
                + Units.duration(Duration.ofMillis(number(status, "uptimeMs"))) + ")");
        for (Object address : list(status, "listeners")) {
            out.println("listening   " + NbdUri.of(String.valueOf(address), ""));
        }
        out.println("serving     " + String.join(", ", list(status, "images").stream().map(String::valueOf).toList())
                + " (agents: " + status.get("agents") + ")");
        out.println("overlays    " + status.get("overlayMode") + ": writes are " + status.get("overlayPromise")
                + (number(status, "overlayQuota") == 0
                        ? "" : "; each holds up to " + Units.bytes(number(status, "overlayQuota"))));
        if (number(status, "overlayMemory") > 0) {
            out.println("memory      " + Units.bytes(number(status, "overlayMemoryTaken")) + " of "
                    + Units.bytes(number(status, "overlayMemory")) + " for overlays");
        }
        Map<String, Object> counters = map(status, "counters");
        out.println("requests    "
                + number(counters, "READS") + " reads (" + Units.bytes(number(counters, "READ_BYTES")) + "), "
                + number(counters, "WRITES") + " writes (" + Units.bytes(number(counters, "WRITE_BYTES")) + "), "
                + number(counters, "FLUSHES") + " flushes, " + number(counters, "PARKED") + " had to wait");
        out.println("boots       " + number(counters, "BOOT_RECORDINGS") + " learned, "
                + number(counters, "BOOT_CONFIRMATIONS") + " known already, "
                + number(counters, "BOOT_REPLAYS") + " read ahead in "
                + number(counters, "BOOT_WAVES") + " waves: " + Units.bytes(pages(counters, "BOOT_PREFETCHED"))
                + " ahead, " + Units.bytes(pages(counters, "BOOT_USED")) + " used, "
                + Units.bytes(pages(counters, "BOOT_LATE")) + " late, "
                + Units.bytes(pages(counters, "BOOT_WASTED")) + " wasted");
        for (Object name : list(status, "failedOverlays")) {
            out.println("FAILED      overlay " + name + " takes no more writes: see the log, then restart its client");
        }
        printScrub(status.get("scrub"), out);
        printConnections(list(status, "connections"), out);
        printDisks(list(status, "disks"), out);
        printRemotes(list(status, "remotes"), out);
    }

    private static void printScrub(Object value, PrintStream out) {
        Map<String, Object> scrub = map(value);
        if (scrub.isEmpty()) {
            out.println("scrub       off");
            return;
        }
        long passes = number(scrub, "passes");
        out.println("scrub       " + (Boolean.TRUE.equals(scrub.get("running"))
                ? "reading the store at " + Units.bytes(number(scrub, "rate")) + "/s, "
                        + Units.share(number(scrub, "doneBytes"), number(scrub, "totalBytes")) + " of "
                        + Units.bytes(number(scrub, "totalBytes"))
                : "waiting for the next pass") + ", " + Units.count(passes, "pass", "passes") + " done"
                + (list(scrub, "damages").isEmpty() ? "" : ", damage found"));
        for (Object damage : list(scrub, "damages")) {
            out.println("DAMAGED     " + map(damage).get("line"));
        }
    }

    private static void printConnections(List<?> connections, PrintStream out) {
        if (connections.isEmpty()) {
            out.println("connections none");
            return;
        }
        Table table = new Table("CONNECTION", "FROM", "AGENT", ">REQUESTS", ">WAITING");
        for (Object entry : connections) {
            Map<String, Object> connection = map(entry);
            table.add(connection.get("export"), connection.get("peer"), connection.get("agent"),
                    connection.get("requests"), connection.get("parked"));
        }
        out.println();
        table.print(out);
    }

    private static void printDisks(List<?> disks, PrintStream out) {
        if (disks.isEmpty()) {
            return;
        }
        Table table = new Table("DISK", ">CONNECTIONS", ">READ", ">WRITTEN", ">FROM LAYERS", ">FROM OVERLAY",
                "OVERLAY", ">HOLDS", "BOOT", ">AHEAD", ">HITS");
        for (Object entry : disks) {
            Map<String, Object> disk = map(entry);
            Map<String, Object> counters = map(disk, "counters");
            Map<String, Object> boot = map(disk, "boot");
            long used = number(boot, "used");
            table.add(disk.get("name"), disk.get("connections"), Units.bytes(number(counters, "READ_BYTES")),
                    Units.bytes(number(counters, "WRITE_BYTES")), Units.bytes(number(counters, "CHAIN_BYTES")),
                    Units.bytes(number(counters, "OVERLAY_BYTES")), disk.get("overlayMode"),
                    Units.bytes(number(disk, "overlayBytes")), boot.get("activity"),
                    Units.bytes(pages(boot, "prefetched")),
                    Units.share(used, used + number(boot, "late") + number(boot, "missed")));
        }
        out.println();
        table.print(out);
    }

    private static void printRemotes(List<?> remotes, PrintStream out) {
        if (remotes.isEmpty()) {
            return;
        }
        Table disks = new Table("REMOTE", ">ON DEMAND", ">AHEAD", ">HITS", ">FAILED", ">OVERTAKEN", ">KEPT", ">OF",
                ">EVICTED", ">DAMAGED", ">WRONG");
        Table mirrors = new Table("FROM", "STATE", ">REQUESTS", ">BYTES", ">FAILED", ">WRONG", ">RETRIES", ">HEDGES");
        for (Object entry : remotes) {
            Map<String, Object> remote = map(entry);
            Map<String, Object> cache = map(remote, "cache");
            List<String> images = list(remote, "images").stream().map(String::valueOf).toList();
            long limit = number(cache, "limit");
            disks.add(images.isEmpty() ? remote.get("origin") : String.join(", ", images),
                    Units.bytes(number(remote, "demandBytes")), Units.bytes(number(remote, "aheadBytes")),
                    remote.get("hits"), remote.get("failed"), remote.get("overtaken"),
                    Boolean.TRUE.equals(cache.get("open")) ? Units.bytes(number(cache, "bytes")) : "not open",
                    Units.bytes(limit == 0 ? number(remote, "size") : limit),
                    cache.get("evicted"), cache.get("damaged"), cache.get("wrong"));
            for (Object each : list(remote, "mirrors")) {
                Map<String, Object> mirror = map(each);
                mirrors.add(mirror.get("name"), mirror.get("state"), mirror.get("requests"),
                        Units.bytes(number(mirror, "bytes")), mirror.get("failures"), mirror.get("wrong"),
                        mirror.get("retries"), mirror.get("hedges"));
            }
        }
        out.println();
        disks.print(out);
        out.println();
        mirrors.print(out);
    }

    private static long pages(Map<String, Object> fields, String key) {
        return Pages.offset(number(fields, key));
    }

    /** 0 where it is missing: another version of the daemon may not count it. */
    private static long number(Map<String, Object> fields, String key) {
        return fields.get(key) instanceof Number number ? number.longValue() : 0;
    }

    private static List<?> list(Map<String, Object> fields, String key) {
        return fields.get(key) instanceof List<?> list ? list : List.of();
    }

    private static Map<String, Object> map(Map<String, Object> fields, String key) {
        return map(fields.get(key));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }
}
