package io.varve.daemon.cli;

import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Damage;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import io.varve.daemon.store.StoreScrub;
import io.varve.daemon.store.StoreScrub.Finding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads everything, and compares it with its checksums. Owned by the thread that runs the command. */
@Command(name = "verify", description = "Read all layers, and compare every byte with its checksums.")
final class VerifyCommand extends StoreCommand {

    @Parameters(arity = "0..*", paramLabel = "IMAGE",
            description = "What to verify (default: everything in the store).")
    private List<ImageName> images = new ArrayList<>();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Store store = openStore();
        List<Finding> findings;
        int layerCount;
        try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), "verifying")) {
            StoreScrub scrub = new StoreScrub(store, json ? (done, total) -> {} : progress::onProgress);
            if (images.isEmpty()) {
                scrub.addEverything();
            }
            for (ImageName image : images) {
                scrub.addImage(image);
            }
            layerCount = scrub.layerCount();
            findings = scrub.run();
        }
        if (json) {
            printJson(describe(layerCount, findings));
        } else {
            findings.forEach(finding -> print(line(finding)));
        }
        if (!findings.isEmpty()) {
            throw new StoreException("store " + storePath() + ": " + findings.size() + " damaged "
                    + (findings.size() == 1 ? "place" : "places") + ", listed on standard output: "
                    + "restore those files from a copy, or import the images again");
        }
        if (!json) {
            print("all is well: " + layerCount + (layerCount == 1 ? " layer" : " layers"));
        }
        return DONE;
    }

    private static String line(Finding finding) {
        return String.join(", ", finding.users()) + ": "
                + (finding.layer() == null ? "" : "layer " + finding.layer().abbreviated() + ": ")
                + finding.what() + pages(finding.damage());
    }

    /** The same in pages, where the file is the pages of a blob. */
    private static String pages(Damage damage) {
        if (damage == null || damage.length() == 0 || !LayerFiles.isPages(damage.file())) {
            return "";
        }
        long first = Pages.index(damage.position());
        long last = Pages.index(damage.position() + damage.length() - 1);
        return first == last ? " (page " + first + ")" : " (pages " + first + " to " + last + ")";
    }

    private static Map<String, Object> describe(int layerCount, List<Finding> findings) {
        List<Object> list = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("users", finding.users());
            fields.put("layer", finding.layer() == null ? null : finding.layer().hex());
            fields.put("file", finding.damage() == null ? null : finding.damage().file());
            fields.put("position", finding.damage() == null ? null : finding.damage().position());
            fields.put("length", finding.damage() == null ? null : finding.damage().length());
            fields.put("what", finding.damage() == null ? finding.what() : finding.damage().what());
            list.add(fields);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("layers", layerCount);
        fields.put("damages", list);
        return fields;
    }
}
