package io.varve.daemon.cli;

import io.varve.daemon.store.ExportName;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Drops an overlay. Owned by the thread that runs the command. */
@Command(name = "reset", description = "Drop what a client wrote; its next connection starts from the image.")
final class ResetCommand extends StoreCommand {

    @Parameters(paramLabel = "IMAGE@CLIENT", description = "Whose overlay of which image.")
    private ExportName overlay;

    @Override
    public Integer call() throws IOException {
        openStore().reset(overlay);
        return DONE;
    }
}
