package io.varve.daemon.config;

import io.varve.daemon.io.Quantities;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * One table of the file. Each question is for one key; a mistake is noted, and answered with the fallback.
 *
 * <p>Owned by the thread that reads the file.
 */
final class Section {

    private final TomlTable table;
    private final TomlPosition position;
    private final String path;
    private final Keys keys;
    private final Mistakes mistakes;

    /**
     * Notes the keys that are not known.
     *
     * @param path before each key, as in {@code "export[2]."}; empty at the top
     */
    Section(TomlTable table, TomlPosition position, String path, Keys keys, Mistakes mistakes) {
        this.table = table;
        this.position = position;
        this.path = path;
        this.keys = keys;
        this.mistakes = mistakes;
        for (String key : table.keySet()) {
            if (!keys.names().contains(key)) {
                mistake(key, "is no key here, " + keys.nearest(key).map(near -> "did you mean " + near + "?")
                        .orElse("use " + String.join(", ", keys.names())));
            }
        }
    }

    void mistake(String key, String text) {
        mistakes.add(where(key), path + key, text);
    }

    /** Of a key that is there; of the table otherwise. */
    private TomlPosition where(String key) {
        return has(key) ? table.inputPositionOf(List.of(key)) : position;
    }

    boolean has(String key) {
        return table.contains(List.of(key));
    }

    private Object value(String key) {
        if (!keys.names().contains(key)) {
            throw new IllegalArgumentException(key + " is not in the list of keys");
        }
        return table.get(List.of(key));
    }

    private <T> T wrongType(String key, Object value, String allowed, T fallback) {
        mistake(key, "is " + kind(value) + ", write " + allowed);
        return fallback;
    }

    /** Notes that it is missing. */
    void require(String key, String allowed) {
        if (!has(key) && !mistakes.unreadable()) {
            mistake(key, "is missing, write " + allowed);
        }
    }

    /**
     * @param allowed what to write, as in {@code "a path, as in \"/srv/varve\""}
     * @param parse   throws IllegalArgumentException with what is wrong, and what is allowed
     */
    <T> T parsed(String key, T fallback, String allowed, Function<String, T> parse) {
        Object value = value(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof String text)) {
            return wrongType(key, value, allowed, fallback);
        }
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            mistake(key, e.getMessage());
            return fallback;
        }
    }

    boolean flag(String key, boolean fallback) {
        Object value = value(key);
        return value == null ? fallback
                : value instanceof Boolean flag ? flag
                : wrongType(key, value, "true or false", fallback);
    }

    int integer(String key, int fallback, int min, int max) {
        Object value = value(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Long number)) {
            return wrongType(key, value, "a number from " + min + " to " + max, fallback);
        }
        if (number < min || number > max) {
            mistake(key, number + " is out of range, " + min + " to " + max + " are allowed");
            return fallback;
        }
        return number.intValue();
    }

    /** Bytes, as a number or as in {@code "20G"}. */
    long size(String key, long fallback, long min) {
        String allowed = "a size, as in \"20G\" or 4096";
        Object value = value(key);
        Long size = value instanceof Long number ? number
                : parsed(key, null, allowed, Quantities::parseSize);
        if (size == null) {
            return fallback;
        }
        if (size < min) {
            mistake(key, size + " bytes are too few, " + min + " or more are allowed");
            return fallback;
        }
        return size;
    }

    Duration duration(String key, Duration fallback, Duration min, Duration max) {
        Duration duration = parsed(key, fallback, "a time, as in \"30s\"", Quantities::parseDuration);
        if (duration != null && !duration.equals(fallback)
                && (duration.compareTo(min) < 0 || duration.compareTo(max) > 0)) {
            mistake(key, duration.toSeconds() + "s is out of range, " + min.toSeconds() + "s to " + max.toSeconds()
                    + "s are allowed");
            return fallback;
        }
        return duration;
    }

    /**
     * A list; an empty one is a mistake, because nobody means it.
     *
     * @param parse gets a String or a Long, throws IllegalArgumentException with what is wrong and what is allowed
     */
    <T> List<T> list(String key, String allowed, Function<Object, T> parse) {
        Object value = value(key);
        List<T> list = new ArrayList<>();
        if (value == null) {
            return list;
        }
        if (!(value instanceof TomlArray array)) {
            return wrongType(key, value, "a list of " + allowed, list);
        }
        if (array.isEmpty()) {
            mistake(key, "is empty, leave it out or name " + allowed);
        }
        for (int i = 0; i < array.size(); i++) {
            String item = path + key + "[" + (i + 1) + "]";
            Object element = array.get(i);
            if (!(element instanceof String || element instanceof Long)) {
                mistakes.add(array.inputPositionOf(i), item, "is " + kind(element) + ", write " + allowed);
                continue;
            }
            try {
                list.add(parse.apply(element));
            } catch (IllegalArgumentException e) {
                mistakes.add(array.inputPositionOf(i), item, e.getMessage());
            }
        }
        return list;
    }

    /** A table of its own; an empty one if it is not there. */
    Section table(String key, Keys keysInside) {
        Object value = value(key);
        TomlTable inside = value instanceof TomlTable found ? found : Tables.EMPTY;
        if (value != null && inside == Tables.EMPTY) {
            wrongType(key, value, "[" + path + key + "]", null);
        }
        return new Section(inside, where(key), path + key + ".", keysInside, mistakes);
    }

    /** The tables of {@code [[key]]}. */
    List<Section> tables(String key, Keys keysInside) {
        Object value = value(key);
        List<Section> sections = new ArrayList<>();
        if (value == null) {
            return sections;
        }
        if (!(value instanceof TomlArray array)) {
            return wrongType(key, value, "[[" + path.replaceAll("\\[[0-9]+]", "") + key + "]]", sections);
        }
        for (int i = 0; i < array.size(); i++) {
            String item = key + "[" + (i + 1) + "]";
            if (array.get(i) instanceof TomlTable inside) {
                sections.add(new Section(inside, array.inputPositionOf(i), path + item + ".", keysInside, mistakes));
            } else {
                mistakes.add(array.inputPositionOf(i), path + item, "is " + kind(array.get(i)) + ", write a table");
            }
        }
        return sections;
    }

    private static String kind(Object value) {
        return value instanceof String ? "a text"
                : value instanceof Boolean ? "true or false"
                : value instanceof Long ? "a number"
                : value instanceof Double ? "a fraction"
                : value instanceof TomlArray ? "a list"
                : value instanceof TomlTable ? "a table"
                : "a date or time";
    }
}
