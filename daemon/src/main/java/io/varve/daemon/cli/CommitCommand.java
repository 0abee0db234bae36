package io.varve.daemon.cli;

import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes an image of what a client wrote. Owned by the thread that runs the command. */
@Command(name = "commit",
        description = "Make a new image of what a client wrote; its overlay stays. The client must be disconnected.")
final class CommitCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "IMAGE@CLIENT", description = "Whose overlay of which image.")
    private ExportName overlay;

    @Parameters(index = "1", paramLabel = "NEWIMAGE", description = "Name of the new image.")
    private ImageName image;

    @Override
    public Integer call() throws IOException {
        ImageManifest made = openStore().commit(overlay, image);
        print("committed " + overlay + " to " + image + ", " + made.chain().size()
                + (made.chain().size() == 1 ? " layer" : " layers"));
        return DONE;
    }
}
