package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes images. Owned by the thread that runs the command. */
@Command(name = "rm", description = "Remove an image, and the layers that nothing else needs.")
final class RemoveCommand extends StoreCommand {

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "What to remove.")
    private List<ImageName> images;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        for (ImageName image : images) {
            Store.Removal removal = store.remove(image);
            print("removed " + image + ", " + (removal.kept() == null
                    ? Units.bytes(removal.freedLength()) + " freed"
                    : removal.kept()));
        }
        return DONE;
    }
}
