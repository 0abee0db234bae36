package io.varve.daemon.store;

import io.varve.daemon.io.Damage;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.PageRange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Something in a store that is not as it was written.
 *
 * <p>Immutable.
 *
 * @param users     images and overlays that need it, as they are typed; empty if it is about the store itself
 * @param layers    layers that it belongs to; empty if it is not about layers
 * @param damage    file, range and what is wrong with it
 * @param blobPages pages of a blob that cannot be read because of it; null if there are none
 * @param diskPages the same pages where the layers show them on the disk; the first ones, if there are many
 */
public record Finding(List<String> users, List<LayerId> layers, Damage damage, PageRange blobPages,
        List<PageRange> diskPages) {

    public Finding {
        users = List.copyOf(users);
        layers = List.copyOf(layers);
        diskPages = List.copyOf(diskPages);
    }

    static Finding of(List<String> users, Damage damage) {
        return new Finding(users, List.of(), damage, null, List.of());
    }

    static Finding of(List<String> users, LayerId layer, Damage damage) {
        return new Finding(users, List.of(layer), damage, null, List.of());
    }

    /** One line for people: who, which layer, which bytes of which file, which pages. */
    public String line() {
        StringBuilder line = new StringBuilder(users.isEmpty() ? "store" : String.join(", ", users)).append(": ");
        if (!layers.isEmpty()) {
            line.append(layers.size() == 1 ? "layer " : "layers ")
                    .append(layers.stream().map(LayerId::abbreviated).collect(Collectors.joining(", "))).append(": ");
        }
        line.append(damage);
        if (blobPages != null) {
            line.append(" (").append(named(List.of(blobPages))).append(" of the blob");
            if (!diskPages.isEmpty()) {
                line.append(", ").append(named(diskPages)).append(" of the disk");
            }
            line.append(')');
        }
        return line.toString();
    }

    /** For scripts; {@code layer} is the first of {@code layers}. The keys are a contract. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("users", users);
        fields.put("layer", layers.isEmpty() ? null : layers.get(0).hex());
        fields.put("layers", layers.stream().map(LayerId::hex).toList());
        fields.put("file", damage.file());
        fields.put("position", damage.position());
        fields.put("length", damage.length());
        fields.put("what", damage.what());
        fields.put("blobPages", blobPages == null ? null : fields(blobPages));
        fields.put("diskPages", diskPages.stream().map(Finding::fields).toList());
        return fields;
    }

    private static Map<String, Object> fields(PageRange range) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("first", range.firstPage());
        fields.put("count", range.pageCount());
        return fields;
    }

    private static String named(List<PageRange> ranges) {
        boolean one = ranges.size() == 1 && ranges.get(0).pageCount() == 1;
        return (one ? "page " : "pages ")
                + ranges.stream().map(PageRange::toString).collect(Collectors.joining(", "));
    }
}
