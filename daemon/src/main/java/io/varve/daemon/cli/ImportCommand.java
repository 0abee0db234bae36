package io.varve.daemon.cli;

import io.varve.daemon.remote.RemoteDisk;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.RemoteLink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Brings a disk image into the store. Owned by the thread that runs the command. */
@Command(name = "import", description = "Bring a disk image into the store, and its parents, one layer each. "
        + "Zeros take no space, and parents that are in the store already are not read again. "
        + "An import that was cut short goes on where it was when it is repeated.")
final class ImportCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "FILE", description = "The disk image; with --lazy, where it is: "
            + "http://HOST/PATH of a raw disk, nbd://HOST/EXPORT or nbd+unix:///EXPORT?socket=PATH.")
    private String source;

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

    @Option(names = "--lazy", description = "Read nothing now: pages come from the other machine when a client reads "
            + "them first, and are kept.")
    private boolean lazy;

    @Option(names = "--mirror", paramLabel = "URI",
            description = "With --lazy: another place with the same disk. Can be repeated.")
    private List<String> mirrors = List.of();

    @Option(names = "--manifest", paramLabel = "FILE|URL",
            description = "With --lazy: what each part of the disk is, as 'varve export --manifest' wrote it. Bytes "
                    + "that are others, from whichever place, reach no client.")
    private String manifest;

    @Option(names = "--cache-size", paramLabel = "SIZE", converter = SizeConverter.class, defaultValue = "0",
            description = "With --lazy: bytes that may be kept, such as 20G (default: all of the disk).")
    private long cacheSize;

    @Option(names = "--fill", description = "With --lazy: the daemon fetches all of it in the background, at "
            + "--fill-rate or else at its --copy-rate, and then needs the other machine no more.")
    private boolean fill;

    @Option(names = "--fill-rate", paramLabel = "BYTES", converter = SizeConverter.class,
            description = "With --fill: bytes per second, such as 5M. What clients wait for comes first in any case.")
    private Long fillRate;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (lazy) {
            return link();
        }
        if (!mirrors.isEmpty() || manifest != null || cacheSize != 0 || fill || fillRate != null) {
            throw new ParameterException(
                    spec().commandLine(), "--mirror, --manifest, --cache-size, --fill and --fill-rate need --lazy");
        }
        Path file = Path.of(source);
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

    private Integer link() throws IOException {
        if (!format.equals("auto") && !format.equals("raw") || parent != null || !parentDirectories.isEmpty()) {
            throw new ParameterException(spec().commandLine(), "with --lazy a disk is raw and has no parents");
        }
        if (fillRate != null && (!fill || fillRate < 1)) {
            throw new ParameterException(spec().commandLine(), "--fill-rate is for --fill, and at least 1");
        }
        OptionalLong rate = fill ? OptionalLong.of(fillRate == null ? 0 : fillRate) : OptionalLong.empty();
        List<String> locations = new ArrayList<>(List.of(source));
        locations.addAll(mirrors);
        ImageManifest linked = surroundings().services().linkRemote(storePath(), new RemoteLink(
                image, locations, Optional.ofNullable(manifest), cacheSize, rate));
        if (json) {
            printJson(Descriptions.image(image, linked));
        } else {
            print("imported " + image + ": " + Units.bytes(linked.size()) + ", read when it is needed from "
                    + RemoteDisk.name(locations.get(0)) + (mirrors.isEmpty() ? "" : " and " + mirrors.size() + " more")
                    + (manifest == null ? "" : ", checked by its manifest"));
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
