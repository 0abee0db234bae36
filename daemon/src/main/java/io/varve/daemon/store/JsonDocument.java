package io.varve.daemon.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * A JSON object from a file, read strictly: no duplicate or unknown keys, nothing of another type than expected,
 * nothing behind the end, nesting and lengths bounded, and the bytes are those that were written. Whatever is wrong is
 * a {@link CorruptDataException} that names file and position.
 *
 * <p>The last field is {@code crc32c}: eight hexadecimal digits, the CRC32C of all bytes before the quote in which its
 * name begins. It is written always. Where it is missing nothing is compared: a person who edits a file takes it out.
 *
 * <p>Owned by the thread that reads it.
 */
final class JsonDocument {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8)
                    .maxStringLength(64 * 1024)
                    .maxNumberLength(20)
                    .build())
            .streamWriteConstraints(StreamWriteConstraints.defaults())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final JSON STRICT = JSON.builder(FACTORY)
            .enable(JSON.Feature.FAIL_ON_DUPLICATE_MAP_KEYS)
            .build();

    private static final String CRC_KEY = "crc32c";
    private static final String CRC_NAME = '"' + CRC_KEY + '"';

    private final String fileName;
    /** One character for each byte, to find places in. */
    private final String bytes;
    private final Map<String, Object> fields;

    private JsonDocument(String fileName, byte[] content, Map<String, Object> fields) {
        this.fileName = fileName;
        this.bytes = new String(content, StandardCharsets.ISO_8859_1);
        this.fields = fields;
    }

    static JsonDocument parse(String fileName, byte[] content) throws CorruptDataException {
        try (JsonParser parser = FACTORY.createParser(content)) {
            Map<String, Object> fields = STRICT.mapFrom(parser);
            if (fields == null) {
                throw new CorruptDataException(fileName, 0, "it holds no JSON object");
            }
            if (parser.nextToken() != null) {
                throw new CorruptDataException(fileName, parser.currentTokenLocation().getByteOffset(),
                        "something follows its end");
            }
            JsonDocument document = new JsonDocument(fileName, content, fields);
            document.checkCrc(content);
            return document;
        } catch (CorruptDataException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptDataException(fileName, position(e), "it is not the JSON that Varve writes ("
                    + reason(e) + ")");
        }
    }

    private static String reason(IOException failure) {
        String message = failure instanceof JsonProcessingException e ? e.getOriginalMessage() : failure.getMessage();
        return Names.shown(String.valueOf(message).lines().findFirst().orElse(""));
    }

    private static long position(IOException failure) {
        return failure instanceof JsonProcessingException e && e.getLocation() != null
                ? Math.max(0, e.getLocation().getByteOffset())
                : 0;
    }

    private void checkCrc(byte[] content) throws CorruptDataException {
        if (fields.get(CRC_KEY) instanceof String crc) {
            int position = bytes.lastIndexOf(CRC_NAME);
            if (position < 0 || !bytes.substring(position).equals(trailer(crc))) {
                throw corrupt(CRC_KEY, "its checksum is not in the form that Varve writes");
            }
            if (!crc.equals(crc(content, position))) {
                throw new CorruptDataException(fileName, position, "its checksum is wrong: it was changed since it "
                        + "was written (whoever changes it by hand takes the checksum out)");
            }
            fields.remove(CRC_KEY);
        }
    }

    private static String crc(byte[] content, int length) {
        CRC32C crc = new CRC32C();
        crc.update(content, 0, length);
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    private static String trailer(String crc) {
        return CRC_NAME + " : \"" + crc + "\"\n}\n";
    }

    /** One field a line, so that people can read it and two versions can be compared. */
    static byte[] compose(Map<String, Object> fields) throws IOException {
        String text = STRICT.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(fields);
        byte[] head = (text.substring(0, text.lastIndexOf('\n')) + ",\n  ").getBytes(StandardCharsets.UTF_8);
        byte[] tail = trailer(crc(head, head.length)).getBytes(StandardCharsets.US_ASCII);
        byte[] content = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, content, head.length, tail.length);
        return content;
    }

    /** Checks what kind of document this is, before anything else is believed. */
    void requireFormat(String format, int newestVersion) throws IOException {
        if (!string("format").equals(format)) {
            throw corrupt("format", "its format is '" + Names.shown(string("format")) + "', not '" + format + "'");
        }
        long version = number("version", 0, Integer.MAX_VALUE);
        if (version < 1 || version > newestVersion) {
            throw new FormatVersionException(fileName, (int) version, 1, newestVersion);
        }
    }

    void requireOnly(Set<String> known) throws CorruptDataException {
        for (String key : fields.keySet()) {
            if (!known.contains(key)) {
                throw corrupt(key, "it has a field '" + Names.shown(key) + "' that this build does not know");
            }
        }
    }

    String string(String key) throws CorruptDataException {
        if (fields.get(key) instanceof String text) {
            return text;
        }
        throw corrupt(key, "its field '" + key + "' is missing or not a string");
    }

    /** Null where the field is missing or null. */
    String stringOrNull(String key) throws CorruptDataException {
        return fields.get(key) == null ? null : string(key);
    }

    long number(String key, long min, long max) throws CorruptDataException {
        Object value = fields.get(key);
        if (value instanceof Integer || value instanceof Long) {
            long number = ((Number) value).longValue();
            if (number >= min && number <= max) {
                return number;
            }
        }
        throw corrupt(key, "its field '" + key + "' is not a number from " + min + " to " + max);
    }

    List<String> strings(String key, int maxCount) throws CorruptDataException {
        if (!(fields.get(key) instanceof List<?> values) || values.size() > maxCount) {
            throw corrupt(key, "its field '" + key + "' is not a list of at most " + maxCount + " strings");
        }
        List<String> strings = new ArrayList<>(values.size());
        for (Object value : values) {
            if (!(value instanceof String text)) {
                throw corrupt(key, "its field '" + key + "' holds something that is not a string");
            }
            strings.add(text);
        }
        return strings;
    }

    /** Ids of the layers of a chain. */
    List<LayerId> layers(String key) throws CorruptDataException {
        List<LayerId> layers = new ArrayList<>();
        for (String id : strings(key, ImageManifest.MAX_CHAIN_LENGTH)) {
            try {
                layers.add(new LayerId(id));
            } catch (IllegalArgumentException e) {
                throw corrupt(key, "'" + Names.shown(id) + "' is not the id of a layer");
            }
        }
        return layers;
    }

    /** About the whole document. */
    CorruptDataException corrupt(String what) {
        return new CorruptDataException(fileName, 0, what);
    }

    /** About one field. */
    CorruptDataException corrupt(String key, String what) {
        return new CorruptDataException(fileName, Math.max(0, bytes.indexOf('"' + key + '"')), what);
    }
}
