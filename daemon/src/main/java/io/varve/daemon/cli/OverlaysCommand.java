package io.varve.daemon.cli;

import io.varve.daemon.store.OverlayEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists what is kept for clients. Owned by the thread that runs the command. */
@Command(name = "overlays", description = "List the overlays that are kept for clients.")
final class OverlaysCommand extends StoreCommand {

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        long quota = OverlayReport.quota(surroundings().services(), storePath());
        List<OverlayReport> reports = openStore().overlays().stream()
                .map(overlay -> new OverlayReport(overlay, quota)).toList();
        if (json) {
            List<Object> list = new ArrayList<>();
            reports.forEach(report -> list.add(report.fields()));
            printJson(list);
            return DONE;
        }
        Table table = new Table("IMAGE", "CLIENT", "MODE", ">BYTES", ">QUOTA", "STATE", "IN USE", "PROBLEM");
        for (OverlayReport report : reports) {
            OverlayEntry overlay = report.overlay();
            table.add(overlay.name().image(), overlay.name().client().orElseThrow(), overlay.mode().text(),
                    overlay.info() == null ? "-" : Units.bytes(overlay.info().bytesUsed()),
                    report.quotaText(), report.state(), overlay.inUse() ? "yes" : "no",
                    overlay.problem() == null ? "" : overlay.problem());
        }
        table.print(surroundings().out());
        return DONE;
    }
}
