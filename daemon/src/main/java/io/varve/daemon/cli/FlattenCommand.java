package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.LayerMaintenance.Outcome;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes one layer of all. Owned by the thread that runs the command. */
@Command(name = "flatten", description = "Copy what an image shows into one layer. Its content stays, and so do "
        + "overlays and images that stand on it. If it is cut short, repeat it, and it goes on.")
final class FlattenCommand extends LayerCommand {

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Whose layers.")
    private ImageName image;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NEWIMAGE",
            description = "Make a new image of it, and leave the old one as it is.")
    private ImageName fresh;

    @Override
    public Integer call() throws IOException {
        Outcome outcome = run("flattening " + image, maintenance ->
                fresh == null ? maintenance.flatten(image) : maintenance.flatten(image, fresh));
        if (fresh != null) {
            print("flattened " + image + " into " + fresh + ", " + layers(outcome.after().size()));
        } else if (outcome.copied()) {
            print("flattened " + image + ": " + layers(outcome.before().size()) + " became " + outcome.after().size());
        } else {
            print("nothing to flatten: " + image + " has " + layers(outcome.after().size()) + " without waste");
        }
        return DONE;
    }
}
