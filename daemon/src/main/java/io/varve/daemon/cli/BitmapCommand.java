package io.varve.daemon.cli;

import io.varve.daemon.overlay.BitmapInfo;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.OverlayBitmaps;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Dirty bitmaps of a client's overlay. Owned by the thread that runs the command. */
@Command(name = "bitmap", description = "Start, list or drop dirty bitmaps: what a client has written since some time.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {BitmapCommand.Start.class, BitmapCommand.ListBitmaps.class, BitmapCommand.Drop.class})
final class BitmapCommand {

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    /** What the three have in common. Owned by the thread that runs the command. */
    private abstract static class OfOverlay extends StoreCommand {

        @Parameters(index = "0", paramLabel = "IMAGE@CLIENT", description = "Whose overlay of which image.")
        private ExportName overlay;

        final ExportName overlay() {
            return overlay;
        }

        /** By the daemon that serves the store; else here. @param nameOrNull of the bitmap */
        final List<Map<String, Object>> ask(String action, String nameOrNull, Offline offline) throws IOException {
            Map<String, Object> request = new HashMap<>(
                    Map.of("ask", "bitmap", "action", action, "overlay", overlay.toString()));
            if (nameOrNull != null) {
                request.put("name", nameOrNull);
            }
            Optional<Map<String, Object>> answer = surroundings().services().askIfRunning(storePath(), request);
            return answer.isPresent()
                    ? rows(answer.get())
                    : offline.run(OverlayBitmaps.offline(openStore())).stream().map(BitmapInfo::fields).toList();
        }

        @SuppressWarnings("unchecked")
        private static List<Map<String, Object>> rows(Map<String, Object> answer) {
            return (List<Map<String, Object>>) answer.get("bitmaps");
        }
    }

    /** Where no daemon runs. */
    @FunctionalInterface
    private interface Offline {
        List<BitmapInfo> run(OverlayBitmaps bitmaps) throws IOException;
    }

    /** Starts one. Owned by the thread that runs the command. */
    @Command(name = "start", description = "Note from now on what the client writes. It may be connected, and goes on.")
    static final class Start extends OfOverlay {

        @Parameters(index = "1", paramLabel = "NAME", description = "Name of the new bitmap.")
        private String name;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> bitmap =
                    ask("start", name, bitmaps -> List.of(bitmaps.start(overlay(), name))).get(0);
            print("bitmap " + name + " of " + overlay() + " has started; connections that are made from now on find it "
                    + "as " + bitmap.get("context"));
            return DONE;
        }
    }

    /** Lists them. Owned by the thread that runs the command. */
    @Command(name = "list", description = "List the bitmaps of an overlay, and how much is dirty in each.")
    static final class ListBitmaps extends OfOverlay {

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            List<Map<String, Object>> rows = ask("list", null, bitmaps -> bitmaps.list(overlay()));
            if (json) {
                printJson(rows);
                return DONE;
            }
            Table table = new Table("NAME", ">GRANULARITY", ">DIRTY", "SINCE", "STATE", "PROBLEM");
            for (Map<String, Object> row : rows) {
                table.add(row.get("name"), Units.bytes(number(row, "granularity")),
                        Units.bytes(number(row, "dirtyBytes")),
                        row.get("sinceMs") == null ? "-"
                                : Descriptions.time(Instant.ofEpochMilli(number(row, "sinceMs"))),
                        row.get("state"), row.get("problem") == null ? "" : row.get("problem"));
            }
            table.print(surroundings().out());
            return DONE;
        }

        private static long number(Map<String, Object> row, String key) {
            return ((Number) row.get(key)).longValue();
        }
    }

    /** Drops one. Owned by the thread that runs the command. */
    @Command(name = "drop", description = "Forget a bitmap. To connections that still ask for it, everything is dirty.")
    static final class Drop extends OfOverlay {

        @Parameters(index = "1", paramLabel = "NAME", description = "Name of the bitmap.")
        private String name;

        @Override
        public Integer call() throws IOException {
            ask("drop", name, bitmaps -> List.of(bitmaps.drop(overlay(), name)));
            print("bitmap " + name + " of " + overlay() + " is gone");
            return DONE;
        }
    }
}
