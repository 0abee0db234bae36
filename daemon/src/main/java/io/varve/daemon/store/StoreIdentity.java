package io.varve.daemon.store;

import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What {@code varve.json} says about a store.
 *
 * <p>Immutable.
 *
 * @param id tells two stores apart
 */
record StoreIdentity(UUID id) {

    static final String FORMAT = "varve-store";
    static final int VERSION = 1;

    private static final int MAX_LENGTH = 64 * 1024;
    private static final int MAX_FEATURE_COUNT = 64;
    private static final Set<String> FIELDS = Set.of("format", "version", "id", "features");

    /**
     * @throws java.nio.file.NoSuchFileException if the directory is no store
     * @throws StoreException                    if the store needs another build of Varve
     */
    static StoreIdentity read(SmallFiles files, Path file) throws IOException {
        return parse(file.toString(), files.read(file, MAX_LENGTH));
    }

    static StoreIdentity parse(String fileName, byte[] content) throws IOException {
        JsonDocument json = JsonDocument.parse(fileName, content);
        try {
            json.requireFormat(FORMAT, VERSION);
        } catch (FormatVersionException e) {
            throw new StoreException("store of another version: " + e.getMessage(), e);
        }
        json.requireOnly(FIELDS);
        // A feature is a promise about the content that a build which has not heard of it would break.
        List<String> features = json.strings("features", MAX_FEATURE_COUNT);
        if (!features.isEmpty()) {
            throw new StoreException("store of another version: " + fileName + " needs '" + Names.shown(features.get(0))
                    + "', which this build does not have: use a newer varve");
        }
        try {
            return new StoreIdentity(UUID.fromString(json.string("id")));
        } catch (IllegalArgumentException e) {
            throw json.corrupt("id", "its id is not a UUID");
        }
    }

    void write(SmallFiles files, Path file) throws IOException {
        files.replace(file, toJson());
    }

    byte[] toJson() throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("id", id.toString());
        fields.put("features", List.of());
        return JsonDocument.compose(fields);
    }
}
