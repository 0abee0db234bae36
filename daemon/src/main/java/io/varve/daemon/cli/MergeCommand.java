package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.LayerMaintenance.Outcome;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes one layer of several. Owned by the thread that runs the command. */
@Command(name = "merge", description = "Make one layer of the topmost layers of an image. Its content stays, and so do "
        + "overlays and images that stand on it. First no page is copied; then those in blobs that are mostly unused.")
final class MergeCommand extends LayerCommand {

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Whose layers.")
    private ImageName image;

    @Option(names = "--down", paramLabel = "N", required = true,
            description = "How many layers become one; 1 only gives back space that the topmost one wastes.")
    private int count;

    @Override
    public Integer call() throws IOException {
        Outcome outcome = run("merging " + image, maintenance -> maintenance.merge(image, count));
        print(outcome.after().equals(outcome.before())
                ? "nothing to merge: " + image + " has " + layers(outcome.after().size())
                : "merged " + image + ": " + layers(outcome.before().size()) + " became " + outcome.after().size()
                        + (outcome.copied() ? ", pages copied" : ", no page copied"));
        return DONE;
    }
}
