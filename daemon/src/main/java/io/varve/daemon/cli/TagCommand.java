package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Gives an image another name. Owned by the thread that runs the command. */
@Command(name = "tag", description = "Give an image another name, or move a name to it.")
final class TagCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "IMAGE", description = "The image.")
    private ImageName image;

    @Parameters(index = "1", paramLabel = "NEW", description = "Its further name.")
    private ImageName name;

    @Override
    public Integer call() throws IOException {
        openStore().tag(image, name);
        return DONE;
    }
}
