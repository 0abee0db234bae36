package io.varve.daemon.cli;

import io.varve.daemon.layer.LayerId;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Things of the store in the words of the command line; the keys are a contract. Immutable. */
final class Descriptions {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

    private Descriptions() {}

    static Map<String, Object> image(ImageName image, ImageManifest manifest) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("image", image.toString());
        fields.put("name", image.name());
        fields.put("tag", image.tag());
        fields.put("size", manifest.size());
        fields.put("layers", manifest.chain().stream().map(LayerId::hex).toList());
        fields.put("created", manifest.created().toString());
        fields.put("source", manifest.source());
        fields.put("parent", manifest.parent());
        return fields;
    }

    /** In the time zone of the reader. */
    static String time(Instant instant) {
        return TIME.withZone(ZoneId.systemDefault()).format(instant);
    }
}
