package io.varve.daemon.cli;

import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the images of the store. Owned by the thread that runs the command. */
@Command(name = "images", description = "List the images of the store.")
final class ImagesCommand extends StoreCommand {

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        Map<ImageName, ImageManifest> images = new LinkedHashMap<>();
        for (ImageName image : store.images()) {
            images.put(image, store.image(image));
        }
        if (json) {
            List<Object> list = new ArrayList<>();
            images.forEach((image, manifest) -> list.add(Descriptions.image(image, manifest)));
            printJson(list);
            return DONE;
        }
        Table table = new Table("IMAGE", ">SIZE", ">LAYERS", "CREATED", "SOURCE");
        images.forEach((image, manifest) -> table.add(image, Units.bytes(manifest.size()), manifest.chain().size(),
                Descriptions.time(manifest.created()), manifest.source()));
        table.print(surroundings().out());
        return DONE;
    }
}
