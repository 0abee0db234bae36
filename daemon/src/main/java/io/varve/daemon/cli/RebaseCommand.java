package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.LayerMaintenance.Outcome;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts an image onto other layers. Owned by the thread that runs the command. */
@Command(name = "rebase", description = "Put an image onto the layers of another one, and keep what differs in one "
        + "layer. Its content stays, and so do overlays and images that stand on it.")
final class RebaseCommand extends LayerCommand {

    @Parameters(index = "0", paramLabel = "IMAGE", description = "What to put elsewhere.")
    private ImageName image;

    @Option(names = "--onto", paramLabel = "IMAGE", required = true, description = "Whose layers it shall stand on.")
    private ImageName onto;

    @Override
    public Integer call() throws IOException {
        Outcome outcome = run("rebasing " + image, maintenance -> maintenance.rebase(image, onto));
        print(outcome.after().equals(outcome.before())
                ? "nothing to rebase: " + image + " stands on " + onto
                : "rebased " + image + " onto " + onto + ", " + layers(outcome.after().size()));
        return DONE;
    }
}
