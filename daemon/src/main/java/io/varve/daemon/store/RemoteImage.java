package io.varve.daemon.store;

import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.remote.OriginIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A raw disk on other machines that is an image of the store: {@code linked/LAYER.json}. What was read of it lies in
 * {@code linked/LAYER.cache}.
 *
 * <p>Immutable.
 *
 * @param locations   URIs of one and the same disk
 * @param manifest    id of the manifest that says what is on it, {@code linked/LAYER.manifest}; empty if there is none
 * @param identity    what it was like when it was imported; another disk is another layer
 * @param cacheLength bytes of it that may be kept on disk
 * @param fillRate    bytes per second at which it is copied in the background, if it is; 0: as everything else
 */
record RemoteImage(List<String> locations, OriginIdentity identity, Optional<String> manifest, long cacheLength,
        long fillRate) {

    static final String FORMAT = "varve-remote";
    static final int VERSION = 1;
    static final int MAX_LOCATIONS = 16;

    private static final Set<String> FIELDS =
            Set.of("format", "version", "size", "validator", "manifest", "locations", "cache", "fillRate");

    RemoteImage {
        locations = List.copyOf(locations);
    }

    /**
     * What the disk is called as a layer. Mirrors do not matter: they are added and taken away. With a manifest,
     * nothing else does.
     */
    LayerId id() {
        String text = "remote " + identity.size() + "\n" + manifest.map(id -> "manifest " + id)
                .orElse(identity.validator() + "\n" + locations.get(0));
        return new LayerId(Sha256.hex(text.getBytes(StandardCharsets.UTF_8)));
    }

    static boolean describes(JsonDocument json) throws IOException {
        return json.string("format").equals(FORMAT);
    }

    byte[] toJson() throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("size", identity.size());
        fields.put("validator", identity.validator());
        manifest.ifPresent(id -> fields.put("manifest", id));
        fields.put("locations", locations);
        fields.put("cache", cacheLength);
        fields.put("fillRate", fillRate);
        return JsonDocument.compose(fields);
    }

    /** @param id that the file is named by */
    static RemoteImage parse(JsonDocument json, LayerId id) throws IOException {
        json.requireFormat(FORMAT, VERSION);
        json.requireOnly(FIELDS);
        List<String> locations = json.strings("locations", MAX_LOCATIONS);
        if (locations.isEmpty()) {
            throw json.corrupt("locations", "there is none");
        }
        OriginIdentity identity =
                new OriginIdentity(json.number("size", 1, ImageManifest.MAX_SIZE), json.string("validator"));
        RemoteImage image = new RemoteImage(locations, identity, Optional.ofNullable(json.stringOrNull("manifest")),
                json.number("cache", 0, ImageManifest.MAX_SIZE), json.number("fillRate", 0, Long.MAX_VALUE));
        if (!image.id().equals(id)) {
            throw json.corrupt("locations", "its name is that of another disk");
        }
        return image;
    }
}
