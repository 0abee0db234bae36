package io.varve.daemon.cli;

import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageName;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes an image of what a client has, while it goes on. Owned by the thread that runs the command. */
@Command(name = "snapshot",
        description = "Make a new image of what a client has at this moment. The client may be connected, and goes on.")
final class SnapshotCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "IMAGE@CLIENT", description = "Whose overlay of which image.")
    private ExportName overlay;

    @Parameters(index = "1", paramLabel = "NEWIMAGE", description = "Name of the new image.")
    private ImageName image;

    @Override
    public Integer call() throws IOException {
        Optional<Map<String, Object>> answer = surroundings().services().askIfRunning(storePath(),
                Map.of("ask", "snapshot", "overlay", overlay.toString(), "image", image.toString()));
        if (answer.isPresent()) {
            Duration held = Duration.of(((Number) answer.get().get("heldUs")).longValue(), ChronoUnit.MICROS);
            print("snapshot of " + overlay + " is " + image + ", " + answer.get().get("layers") + " layers"
                    + (held.isZero() ? "" : "; its writes waited " + held.toNanos() / 1000 / 1000.0 + " ms"));
        } else {
            print("snapshot of " + overlay + " is " + image + ", "
                    + openStore().snapshot(overlay, image).chain().size() + " layers");
        }
        return DONE;
    }
}
