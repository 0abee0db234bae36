package io.varve.daemon.cli;

import io.varve.daemon.boot.Sequence;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.BlobRef;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells what an image consists of. Owned by the thread that runs the command. */
@Command(name = "show", description = "Show what an image consists of.")
final class ShowCommand extends StoreCommand {

    @Parameters(paramLabel = "IMAGE", description = "The image.")
    private ImageName image;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        ImageManifest manifest = store.image(image);
        Map<LayerId, LayerManifest> layers = new LinkedHashMap<>();
        for (LayerId id : manifest.chain()) {
            layers.put(id, store.isFrozen(id) ? null : store.layer(id));
        }
        Optional<Sequence> boot = store.bootSequence(image);
        if (json) {
            printJson(describe(manifest, layers, boot));
        } else {
            printText(manifest, layers, boot);
        }
        return DONE;
    }

    private void printText(ImageManifest manifest, Map<LayerId, LayerManifest> layers, Optional<Sequence> boot) {
        print("image    " + image);
        print("size     " + Units.bytes(manifest.size()) + " (" + manifest.size() + " bytes)");
        print("created  " + Descriptions.time(manifest.created()));
        print("source   " + manifest.source());
        if (manifest.parent() != null) {
            print("parent   " + manifest.parent());
        }
        print("boot     " + boot.map(sequence -> sequence.entryCount() + " ranges learned, "
                + Units.bytes(Pages.offset(sequence.pageCount()))).orElse("nothing learned yet"));
        print("");
        Table table = new Table("LAYER", ">DATA", ">ZEROED", ">EXTENTS", ">BLOBS");
        layers.forEach((id, layer) -> {
            if (layer == null) {
                table.add(id.abbreviated(), "frozen by a snapshot, and sealed soon by the daemon", "", "", "");
            } else {
                table.add(id.abbreviated(), Units.bytes(Pages.offset(layer.dataPageCount())),
                        Units.bytes(Pages.offset(layer.zeroPageCount())), layer.extentCount(), layer.blobs().size());
            }
        });
        table.print(surroundings().out());
    }

    private Map<String, Object> describe(ImageManifest manifest, Map<LayerId, LayerManifest> layers,
            Optional<Sequence> boot) {
        Map<String, Object> fields = Descriptions.image(image, manifest);
        List<Object> list = new ArrayList<>();
        layers.forEach((id, layer) -> list.add(describe(id, layer)));
        fields.put("layers", list);
        Map<String, Object> learned = new LinkedHashMap<>();
        boot.ifPresent(sequence -> {
            learned.put("rangeCount", sequence.entryCount());
            learned.put("bytes", Pages.offset(sequence.pageCount()));
        });
        fields.put("boot", boot.isPresent() ? learned : null);
        return fields;
    }

    private static Map<String, Object> describe(LayerId id, LayerManifest layer) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", id.hex());
        fields.put("frozen", layer == null);
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
