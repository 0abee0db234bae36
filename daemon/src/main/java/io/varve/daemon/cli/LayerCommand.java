package io.varve.daemon.cli;

import io.varve.daemon.store.LayerMaintenance;
import io.varve.daemon.store.MaintenanceListener;
import java.io.IOException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/**
 * What the commands share that put other layers under images: pace, progress, and telling the daemon.
 *
 * <p>Owned by the thread that runs the command.
 */
abstract class LayerCommand extends StoreCommand {

    private static final Logger LOG = LoggerFactory.getLogger(LayerCommand.class);

    @Option(names = "--rate", paramLabel = "BYTES", defaultValue = "0", converter = SizeConverter.class,
            description = "Copy at most so many bytes per second, such as 50M (default: as fast as it goes).")
    private long rate;

    /** What is done with the layers. */
    @FunctionalInterface
    interface Work {
        LayerMaintenance.Outcome run(LayerMaintenance maintenance) throws IOException;
    }

    /** @param what subject of the progress bar */
    final LayerMaintenance.Outcome run(String what, Work work) throws IOException {
        try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), what)) {
            return work.run(new LayerMaintenance(openStore(), rate, new MaintenanceListener() {
                @Override
                public void onProgress(long doneLength, long totalLength) {
                    progress.onProgress(doneLength, totalLength);
                }

                @Override
                public void onReplaced() {
                    notifyDaemon();
                }
            }));
        }
    }

    /** A daemon that is not told finds out by itself a little later, and one of an older build serves what it has. */
    private void notifyDaemon() {
        try {
            surroundings().services().askIfRunning(storePath(), Map.of("ask", "refresh"));
        } catch (IOException e) {
            LOG.debug("the daemon was not told", e);
        }
    }

    static String layers(int count) {
        return count + (count == 1 ? " layer" : " layers");
    }
}
