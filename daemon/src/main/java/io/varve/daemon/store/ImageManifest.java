package io.varve.daemon.store;

import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an image is: {@code images/<name>/<tag>.json}.
 *
 * <p>Immutable.
 *
 * @param size    bytes of the virtual disk
 * @param chain   layers, base first
 * @param created when the image got its name, to the millisecond
 * @param source  where it came from, for people: a file, or an overlay
 * @param parent  name of the image that it was made from, for people; null where there is none
 */
public record ImageManifest(long size, List<LayerId> chain, Instant created, String source, String parent) {

    static final String FORMAT = "varve-image";
    static final int VERSION = 1;

    /** Bytes: 2^36 pages. */
    public static final long MAX_SIZE = 1L << (36 + Pages.PAGE_SHIFT);
    static final int MAX_CHAIN_LENGTH = 4096;
    /** Bytes: the longest chain and some text. */
    static final int MAX_FILE_LENGTH = 1024 * 1024;

    private static final int MAX_TEXT_LENGTH = 4096;
    private static final Set<String> FIELDS =
            Set.of("format", "version", "image", "size", "layers", "created", "source", "parent");

    public ImageManifest {
        chain = List.copyOf(chain);
        created = created.truncatedTo(ChronoUnit.MILLIS);
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("an image has 1 to " + MAX_SIZE + " bytes, not " + size);
        }
        if (chain.size() > MAX_CHAIN_LENGTH) {
            throw new IllegalArgumentException(
                    "a chain has at most " + MAX_CHAIN_LENGTH + " layers, not " + chain.size());
        }
        source = bounded(source);
    }

    /** Whether both mean the same bytes, whatever they are called and wherever they came from. */
    public boolean sameContent(ImageManifest other) {
        return size == other.size && chain.equals(other.chain);
    }

    /** The same image of other layers. */
    ImageManifest withChain(List<LayerId> other) {
        return new ImageManifest(size, other, created, source, parent);
    }

    /**
     * @param image whose file it is; a manifest that names another one is damage, because files were exchanged
     */
    static ImageManifest parse(String fileName, ImageName image, byte[] content) throws IOException {
        JsonDocument json = JsonDocument.parse(fileName, content);
        json.requireFormat(FORMAT, VERSION);
        json.requireOnly(FIELDS);
        String named = json.stringOrNull("image");
        if (named != null && !named.equals(image.toString())) {
            throw json.corrupt("image", "it is the manifest of image '" + Names.shown(named) + "', not of " + image);
        }
        long size = json.number("size", 1, MAX_SIZE);
        List<LayerId> chain = json.layers("layers");
        return new ImageManifest(size, chain, instant(json), json.string("source"), json.stringOrNull("parent"));
    }

    byte[] toJson(ImageName image) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("image", image.toString());
        fields.put("size", size);
        fields.put("layers", chain.stream().map(LayerId::hex).toList());
        fields.put("created", created.toString());
        fields.put("source", source);
        if (parent != null) {
            fields.put("parent", parent);
        }
        return JsonDocument.compose(fields);
    }

    private static Instant instant(JsonDocument json) throws IOException {
        try {
            return Instant.parse(json.string("created"));
        } catch (DateTimeParseException e) {
            throw json.corrupt("created", "its field 'created' is not a time");
        }
    }

    private static String bounded(String text) {
        return text.length() > MAX_TEXT_LENGTH ? text.substring(0, MAX_TEXT_LENGTH) : text;
    }
}
