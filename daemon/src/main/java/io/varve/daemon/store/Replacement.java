package io.varve.daemon.store;

import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says that a chain which begins with certain layers says the same as with others in their place: {@code
 * replaced/<digest of the first>.json}.
 *
 * <p>Immutable.
 *
 * @param from layers from the base on, at least one
 * @param to   what takes their place; may be empty where all is zero
 */
record Replacement(List<LayerId> from, List<LayerId> to) {

    static final String FORMAT = "varve-replacement";
    static final int VERSION = 1;
    static final String SUFFIX = ".json";
    /** Bytes: two of the longest chains and some text. */
    static final int MAX_FILE_LENGTH = 2 * ImageManifest.MAX_FILE_LENGTH;

    private static final Set<String> FIELDS = Set.of("format", "version", "from", "to");

    Replacement {
        from = List.copyOf(from);
        to = List.copyOf(to);
        if (from.isEmpty() || from.size() > ImageManifest.MAX_CHAIN_LENGTH
                || to.size() > ImageManifest.MAX_CHAIN_LENGTH) {
            throw new IllegalArgumentException(from.size() + " layers by " + to.size());
        }
    }

    /** Checks also that the file has the name that belongs to its content. */
    static Replacement parse(Path file, byte[] content) throws IOException {
        JsonDocument json = JsonDocument.parse(file.toString(), content);
        json.requireFormat(FORMAT, VERSION);
        json.requireOnly(FIELDS);
        List<LayerId> from = json.layers("from");
        if (from.isEmpty()) {
            throw json.corrupt("from", "it replaces no layer");
        }
        if (!file.getFileName().toString().equals(fileName(from))) {
            throw json.corrupt("from", "its name is that of other layers");
        }
        return new Replacement(from, json.layers("to"));
    }

    byte[] toJson() throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("from", from.stream().map(LayerId::hex).toList());
        fields.put("to", to.stream().map(LayerId::hex).toList());
        return JsonDocument.compose(fields);
    }

    String fileName() {
        return fileName(from);
    }

    /** Of the replacement of exactly these layers. */
    static String fileName(List<LayerId> from) {
        StringBuilder ids = new StringBuilder();
        from.forEach(layer -> ids.append(layer.hex()));
        return Sha256.hex(ids.toString().getBytes(StandardCharsets.US_ASCII)) + SUFFIX;
    }

    /** Whether a chain begins with the layers that are replaced. */
    boolean appliesTo(List<LayerId> chain) {
        return chain.size() >= from.size() && chain.subList(0, from.size()).equals(from);
    }

    List<LayerId> apply(List<LayerId> chain) {
        List<LayerId> replaced = new ArrayList<>(to);
        replaced.addAll(chain.subList(from.size(), chain.size()));
        return replaced;
    }
}
