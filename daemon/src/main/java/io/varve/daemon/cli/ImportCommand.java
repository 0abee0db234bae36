package io.varve.daemon.cli;

import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings a disk image into the store. Owned by the thread that runs the command. */
@Command(name = "import", description = "Bring a disk image into the store. Zeros take no space. "
        + "An import that was cut short goes on where it was when it is repeated.")
final class ImportCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "FILE", description = "The disk image.")
    private Path file;

    @Parameters(index = "1", paramLabel = "IMAGE", description = "Its name in the store: NAME or NAME:TAG.")
    private ImageName image;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "auto",
            description = "auto or raw (default: ${DEFAULT-VALUE}).")
    private String format;

    @Option(names = "--parent", paramLabel = "IMAGE",
            description = "Image that this is a later version of: only what differs is stored.")
    private ImageName parent;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        ImportResult result;
        try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), "importing " + file.getFileName())) {
            result = surroundings().services().importImage(
                    storePath(),
                    new ImportSettings(file, image, format, parent),
                    json ? (done, total, rate) -> {} : progress);
        }
        ImageManifest manifest = result.image();
        if (json) {
            Map<String, Object> fields = Descriptions.image(image, manifest);
            fields.put("storedBytes", result.storedBytes());
            printJson(fields);
        } else {
            print("imported " + image + ": " + Units.bytes(manifest.size()) + ", " + Units.bytes(result.storedBytes())
                    + " stored, " + manifest.chain().size() + (manifest.chain().size() == 1 ? " layer" : " layers"));
        }
        return DONE;
    }
}
