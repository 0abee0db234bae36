package io.varve.daemon.cli;

import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings a disk image into the store. Owned by the thread that runs the command. */
@Command(name = "import", description = "Bring a disk image into the store, and its parents, one layer each. "
        + "Zeros take no space, and parents that are in the store already are not read again. "
        + "An import that was cut short goes on where it was when it is repeated.")
final class ImportCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "FILE", description = "The disk image.")
    private Path file;

    @Parameters(index = "1", paramLabel = "IMAGE", description = "Its name in the store: NAME or NAME:TAG.")
    private ImageName image;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "auto",
            description = "raw, qcow2, vhd, vhdx; through QEMU's qemu-nbd: vmdk, vdi, qed, parallels, qcow, bochs, "
                    + "cloop, dmg; or auto for what the file looks like (default: ${DEFAULT-VALUE}). "
                    + "auto follows parents only of a VHD or VHDX file that is named like one: a guest can write the "
                    + "header of any format into its raw disk.")
    private String format;

    @Option(names = "--parent-dir", paramLabel = "DIR",
            description = "Where parents of FILE may lie, beside below its own directory. Can be repeated.")
    private List<Path> parentDirectories = List.of();

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
                    new ImportSettings(file, image, format, parent, parentDirectories),
                    listener(json ? (done, total, rate) -> { } : progress));
        }
        ImageManifest manifest = result.image();
        if (json) {
            Map<String, Object> fields = Descriptions.image(image, manifest);
            fields.put("storedBytes", result.storedBytes());
            fields.put("knownLayers", result.knownLayerCount());
            printJson(fields);
        } else {
            print("imported " + image + ": " + Units.bytes(manifest.size()) + ", " + Units.bytes(result.storedBytes())
                    + " stored, " + manifest.chain().size() + (manifest.chain().size() == 1 ? " layer" : " layers")
                    + (result.knownLayerCount() == 0 ? "" : ", " + result.knownLayerCount()
                            + " of them in the store already"));
        }
        return DONE;
    }

    /** Notices are no results, and no script has asked for them: they go where complaints go. */
    private ProgressListener listener(ProgressListener progress) {
        return new ProgressListener() {
            @Override
            public void onProgress(long doneLength, long totalLength, long rate) {
                progress.onProgress(doneLength, totalLength, rate);
            }

            @Override
            public void onNotice(String line) {
                surroundings().err().println(line);
            }
        };
    }
}
