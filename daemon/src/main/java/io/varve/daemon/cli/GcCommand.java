package io.varve.daemon.cli;

import io.varve.daemon.store.GarbageReport;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Deletes what nobody needs. Owned by the thread that runs the command. */
@Command(name = "gc", description = "Delete layers and other files that no image, no overlay and no running disk "
        + "needs, once that has been so for a while. What an interrupted import or copy can go on from stays for 7 "
        + "days.")
final class GcCommand extends StoreCommand {

    @Option(names = "--grace", paramLabel = "TIME", defaultValue = "24h", converter = DurationConverter.class,
            description = "For how long a file must have been unneeded, since an earlier gc found that it was; "
                    + "0 deletes at once (default: ${DEFAULT-VALUE}).")
    private Duration grace;

    @Option(names = "--dry-run", description = "Only say what would be deleted.")
    private boolean dryRun;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        GarbageReport report = dryRun ? store.planGarbageCollection(grace) : store.collectGarbage(grace);
        if (report.kept() != null) {
            throw new StoreException("store " + storePath() + ": " + report.kept());
        }
        print((dryRun ? "would free " : "freed ") + Units.bytes(report.freedLength()) + " (" + report.freedLength()
                + " bytes) in " + Units.count(report.freedCount(), "file")
                + (report.waitingCount() == 0 ? "" : "; " + Units.bytes(report.waitingLength()) + " in "
                        + Units.count(report.waitingCount(), "file") + " that nobody needs are younger than "
                        + Units.duration(grace)));
        return DONE;
    }
}
