package io.varve.daemon.cli;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.Sequence;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Printable;
import io.varve.daemon.layer.BlobRef;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells what an image consists of, or an overlay. Owned by the thread that runs the command. */
@Command(name = "show", description = "Show what an image consists of, or how a client's overlay is kept.")
final class ShowCommand extends StoreCommand {

    @Parameters(paramLabel = "IMAGE[@CLIENT]", converter = ExportNameConverter.class,
            description = "The image, or whose overlay of it.")
    private ExportName name;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        if (name.client().isPresent()) {
            showOverlay(store);
        } else {
            showImage(store, name.image());
        }
        return DONE;
    }

    private void showOverlay(Store store) throws IOException {
        OverlayReport report = new OverlayReport(
                store.overlay(name), OverlayReport.quota(surroundings().services(), storePath()));
        if (json) {
            printJson(report.fields());
        } else {
            report.print(surroundings().out());
        }
    }

    private void showImage(Store store, ImageName image) throws IOException {
        ImageManifest manifest = store.image(image);
        List<ShownLayer> layers = new ArrayList<>();
        for (LayerId id : manifest.chain()) {
            Optional<Path> file = store.linkedFile(id);
            Optional<String> remote = store.remoteLocation(id);
            boolean loose = file.isPresent() || remote.isPresent() || store.isFrozen(id);
            layers.add(new ShownLayer(id, loose ? null : store.layer(id), file, remote));
        }
        Optional<Profile> boot = store.boots().profile(image);
        if (json) {
            printJson(describe(manifest, layers, boot));
        } else {
            printText(manifest, layers, boot);
        }
    }

    /**
     * Immutable.
     *
     * @param manifest null of a layer that is not sealed
     * @param file     that it is, if it is an image file
     * @param remote   where it is, if it is on another machine
     */
    private record ShownLayer(LayerId id, LayerManifest manifest, Optional<Path> file, Optional<String> remote) {

        /** Why there is no manifest. */
        String state() {
            return file.map(path -> "in place, in " + Printable.of(path.toString()))
                    .or(() -> remote.map(location -> "read when needed, from " + Printable.of(location)))
                    .orElse("frozen by a snapshot, and sealed soon by the daemon");
        }
    }

    private void printText(ImageManifest manifest, List<ShownLayer> layers, Optional<Profile> boot) {
        print("image    " + name.image());
        print("size     " + Units.bytes(manifest.size()) + " (" + manifest.size() + " bytes)");
        print("created  " + Descriptions.time(manifest.created()));
        print("source   " + manifest.source());
        if (manifest.parent() != null) {
            print("parent   " + manifest.parent());
        }
        print("boot     " + boot.map(ShowCommand::learned).orElse("nothing learned yet"));
        print("");
        Table table = new Table("LAYER", ">DATA", ">ZEROED", ">EXTENTS", ">BLOBS");
        for (ShownLayer shown : layers) {
            LayerManifest layer = shown.manifest;
            if (layer == null) {
                table.add(shown.id.abbreviated(), shown.state(), "", "", "");
            } else {
                table.add(shown.id.abbreviated(), Units.bytes(Pages.offset(layer.dataPageCount())),
                        Units.bytes(Pages.offset(layer.zeroPageCount())), layer.extentCount(), layer.blobs().size());
            }
        }
        table.print(surroundings().out());
    }

    private static String learned(Profile profile) {
        Sequence sequence = profile.sequences().get(0);
        int variantCount = profile.sequences().size();
        return sequence.entryCount() + " ranges learned, " + Units.bytes(Pages.offset(sequence.pageCount()))
                + (variantCount == 1 ? "" : ", the first of " + variantCount + " variants");
    }

    private Map<String, Object> describe(ImageManifest manifest, List<ShownLayer> layers,
            Optional<Profile> boot) {
        Map<String, Object> fields = Descriptions.image(name.image(), manifest);
        List<Object> list = new ArrayList<>();
        layers.forEach(shown -> list.add(describe(shown)));
        fields.put("layers", list);
        Map<String, Object> learned = new LinkedHashMap<>();
        boot.ifPresent(profile -> {
            Sequence sequence = profile.sequences().get(0);
            learned.put("bootCount", profile.bootCount());
            learned.put("variantCount", profile.sequences().size());
            learned.put("rangeCount", sequence.entryCount());
            learned.put("bytes", Pages.offset(sequence.pageCount()));
        });
        fields.put("boot", boot.isPresent() ? learned : null);
        return fields;
    }

    private static Map<String, Object> describe(ShownLayer shown) {
        LayerManifest layer = shown.manifest;
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", shown.id.hex());
        fields.put("frozen", layer == null && shown.file.isEmpty() && shown.remote.isEmpty());
        shown.file.ifPresent(file -> fields.put("file", file.toString()));
        shown.remote.ifPresent(location -> fields.put("location", location));
        if (layer == null) {
            return fields;
        }
        fields.put("size", layer.size());
        fields.put("dataBytes", Pages.offset(layer.dataPageCount()));
        fields.put("zeroBytes", Pages.offset(layer.zeroPageCount()));
        fields.put("extents", layer.extentCount());
        fields.put("blobs", layer.blobs().stream().map(BlobRef::id).toList());
        return fields;
    }
}
