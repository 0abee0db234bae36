package io.varve.daemon.cli;

import io.varve.daemon.store.Finding;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import io.varve.daemon.store.StoreScrub;
import io.varve.daemon.store.StoreScrub.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads everything, and compares it with its checksums. Owned by the thread that runs the command. */
@Command(name = "verify", description = "Read images, layers and overlays, and compare every byte with its checksums.",
        footer = {"", "Changes nothing, also while a daemon serves the store; what is damaged is listed on standard "
            + "output, and the exit code is 1."})
final class VerifyCommand extends StoreCommand {

    @Parameters(arity = "0..*", paramLabel = "IMAGE",
            description = "What to verify, with its overlays (default: everything in the store).")
    private List<ImageName> images = new ArrayList<>();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        Result result;
        try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), "verifying")) {
            StoreScrub scrub = new StoreScrub(store, json ? (done, total) -> {} : progress::onProgress);
            if (images.isEmpty()) {
                scrub.addEverything();
            }
            for (ImageName image : images) {
                scrub.addImage(image);
            }
            result = scrub.run();
        }
        if (json) {
            printJson(describe(result));
        } else {
            result.notes().forEach(note -> print("note: " + note));
            result.findings().forEach(finding -> print(finding.line()));
        }
        int count = result.findings().size();
        if (count > 0) {
            throw new StoreException("store " + storePath() + ": " + Units.count(count, "damaged place")
                    + ", listed on standard output: restore those files from a copy, or import the images again");
        }
        if (!json) {
            print("all is well: " + Units.count(result.imageCount(), "image") + ", "
                    + Units.count(result.layerCount(), "layer") + ", "
                    + Units.count(result.overlayCount(), "overlay"));
        }
        return DONE;
    }

    private static Map<String, Object> describe(Result result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("images", result.imageCount());
        fields.put("layers", result.layerCount());
        fields.put("overlays", result.overlayCount());
        fields.put("notes", result.notes());
        fields.put("damages", result.findings().stream().map(Finding::fields).toList());
        return fields;
    }
}
