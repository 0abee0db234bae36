package io.varve.daemon.cli;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageVariant;
import io.varve.daemon.store.ExportName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Makes a file of an image or an overlay. Owned by the thread that runs the command. */
@Command(name = "export", description = "Write an image, or what a client has, into a file of a format that others "
        + "read. What is zero takes no space. With --parent, only what differs from another file. The file appears "
        + "when it is complete; an export that is cut short leaves none.")
final class ExportCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "IMAGE[@CLIENT]", converter = ExportNameConverter.class,
            description = "The image, or whose overlay of it. That client must be disconnected.")
    private ExportName source;

    @Parameters(index = "1", paramLabel = "FILE", description = "The new file.")
    private Path file;

    @Option(names = "--format", paramLabel = "FORMAT",
            description = "raw, qcow2, vhd or vhdx (default: what FILE ends with: .raw, .img, .qcow2, .vhd, .vhdx).")
    private String format;

    @Option(names = "--fixed", description = "A VHD with room for the whole disk, instead of a dynamic one.")
    private boolean fixed;

    @Option(names = "--compress", description = "A qcow2 that is compressed with zstd; QEMU reads it from 5.1 on.")
    private boolean compressed;

    @Option(names = "--parent", paramLabel = "FILE",
            description = "Write a differencing VHD or VHDX that stands on this file of the same format, and holds "
                    + "the sectors that differ.")
    private Path parent;

    @Option(names = "--parent-dir", paramLabel = "DIR",
            description = "Where parents of the parent may lie, beside below its own directory. Can be repeated.")
    private List<Path> parentDirectories = List.of();

    @Option(names = "--manifest", paramLabel = "FILE",
            description = "Beside a raw file, write what each part of it is, for 'varve import --lazy --manifest'.")
    private Path manifest;

    @Option(names = "--force", description = "Replace FILE, and the manifest, if they are there.")
    private boolean force;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        ExportSettings settings = settings();
        ExportResult result;
        try (Interruption interruption = new Interruption()) {
            try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), "exporting " + source)) {
                result = surroundings().services().exportImage(
                        storePath(), settings, json ? (done, total, rate) -> {} : progress);
            }
            if (manifest != null) {
                writeManifest();
            }
        }
        if (json) {
            printJson(fields(settings, result));
        } else {
            print("exported " + source + " to " + file + ": " + settings.format().description() + ", "
                    + Units.bytes(result.size()) + ", " + Units.bytes(result.writtenBytes()) + " written"
                    + (parent == null ? "" : " on top of " + parent)
                    + (result.size() == result.sourceSize() ? "" : ", rounded up from " + result.sourceSize() + " to "
                            + result.size() + " bytes with zeros"));
        }
        return DONE;
    }

    private void writeManifest() throws IOException {
        try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), "writing " + manifest)) {
            surroundings().services().writeManifest(
                    file, manifest, force, json ? (done, total, rate) -> {} : progress);
        }
    }

    private ExportSettings settings() {
        ImageFormat wanted = wantedFormat();
        if (fixed && wanted != ImageFormat.VHD) {
            throw wrong("--fixed is for --format vhd");
        }
        if (compressed && wanted != ImageFormat.QCOW2) {
            throw wrong("--compress is for --format qcow2");
        }
        if (parent != null && wanted != ImageFormat.VHD && wanted != ImageFormat.VHDX) {
            throw wrong("--parent is for --format vhd and vhdx");
        }
        if (parent != null && fixed) {
            throw wrong("--fixed and --parent do not go together: a VHD with a parent is dynamic");
        }
        if (parent == null && !parentDirectories.isEmpty()) {
            throw wrong("--parent-dir is for the parents of --parent");
        }
        if (file.getFileName() == null) {
            throw wrong("'" + file + "' names no file");
        }
        requireManifestPossible(wanted);
        ImageVariant variant = fixed ? ImageVariant.FIXED : compressed ? ImageVariant.COMPRESSED : ImageVariant.PLAIN;
        return new ExportSettings(source, file, wanted, variant, parent, parentDirectories, force);
    }

    /** Before the export, which may take long. */
    private void requireManifestPossible(ImageFormat wanted) {
        if (manifest != null && wanted != ImageFormat.RAW) {
            throw wrong("--manifest is for --format raw");
        }
        if (manifest != null && manifest.toAbsolutePath().normalize().equals(file.toAbsolutePath().normalize())) {
            throw wrong("the manifest and the disk cannot be the same file");
        }
        if (manifest != null && !force && Files.exists(manifest)) {
            throw wrong(manifest + " exists already: choose another name, or say --force to replace it");
        }
    }

    private ImageFormat wantedFormat() {
        String name = format;
        if (name == null) {
            String fileName = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
            String ending = fileName.substring(fileName.lastIndexOf('.') + 1);
            name = ending.equals("img") ? ImageFormat.RAW.optionName() : ending;
        }
        return ImageFormat.ofOption(name).orElseThrow(() -> wrong(format == null
                ? "of which format " + file + " shall be is not clear from its name: say --format, one of "
                        + ImageFormat.optionNames()
                : "--format is one of " + ImageFormat.optionNames() + ", not '" + format + "'"));
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec().commandLine(), what);
    }

    private Map<String, Object> fields(ExportSettings settings, ExportResult result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("source", source.toString());
        fields.put("file", file.toString());
        fields.put("format", settings.format().optionName());
        fields.put("sourceSize", result.sourceSize());
        fields.put("size", result.size());
        fields.put("writtenBytes", result.writtenBytes());
        fields.put("fileLength", result.fileLength());
        fields.put("parent", parent == null ? null : parent.toString());
        fields.put("manifest", manifest == null ? null : manifest.toString());
        fields.put("parentKnown", result.parentKnown());
        return fields;
    }
}
