package io.varve.daemon.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JSON object from a file, read strictly: no duplicate or unknown keys, nothing of another type than expected,
 * nothing behind the end, nesting and lengths bounded. Whatever is wrong is a {@link CorruptDataException} that names
 * the file.
 *
 * <p>Owned by the thread that reads it.
 */
final class JsonDocument {

    private static final JSON STRICT = JSON.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(8)
                            .maxStringLength(64 * 1024)
                            .maxNumberLength(20)
                            .build())
                    .streamWriteConstraints(StreamWriteConstraints.defaults())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(JSON.Feature.FAIL_ON_DUPLICATE_MAP_KEYS)
            .build();

    private final String fileName;
    private final Map<String, Object> fields;

    private JsonDocument(String fileName, Map<String, Object> fields) {
        this.fileName = fileName;
        this.fields = fields;
    }

    static JsonDocument parse(String fileName, byte[] content) throws CorruptDataException {
        try {
            Map<String, Object> fields = STRICT.mapFrom(content);
            if (fields == null) {
                throw new CorruptDataException(fileName, 0, "it holds no JSON object");
            }
            return new JsonDocument(fileName, fields);
        } catch (CorruptDataException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptDataException(fileName, 0, "it is not the JSON that Varve writes ("
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ")");
        }
    }

    /** One field a line, so that people can read it and two versions can be compared. */
    static byte[] compose(Map<String, Object> fields) throws IOException {
        String text = STRICT.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(fields);
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Checks what kind of document this is, before anything else is believed. */
    void requireFormat(String format, int newestVersion) throws IOException {
        if (!string("format").equals(format)) {
            throw corrupt("its format is '" + Names.shown(string("format")) + "', not '" + format + "'");
        }
        long version = number("version", 0, Integer.MAX_VALUE);
        if (version < 1 || version > newestVersion) {
            throw new FormatVersionException(fileName, (int) version, 1, newestVersion);
        }
    }

    void requireOnly(Set<String> known) throws CorruptDataException {
        for (String key : fields.keySet()) {
            if (!known.contains(key)) {
                throw corrupt("it has a field '" + Names.shown(key) + "' that this build does not know");
            }
        }
    }

    String string(String key) throws CorruptDataException {
        if (fields.get(key) instanceof String text) {
            return text;
        }
        throw corrupt("its field '" + key + "' is missing or not a string");
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
        throw corrupt("its field '" + key + "' is not a number from " + min + " to " + max);
    }

    List<String> strings(String key, int maxCount) throws CorruptDataException {
        if (!(fields.get(key) instanceof List<?> values) || values.size() > maxCount) {
            throw corrupt("its field '" + key + "' is not a list of at most " + maxCount + " strings");
        }
        List<String> strings = new ArrayList<>(values.size());
        for (Object value : values) {
            if (!(value instanceof String text)) {
                throw corrupt("its field '" + key + "' holds something that is not a string");
            }
            strings.add(text);
        }
        return strings;
    }

    CorruptDataException corrupt(String what) {
        return new CorruptDataException(fileName, 0, what);
    }
}
