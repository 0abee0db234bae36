package io.varve.it.tool;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A parsed document, read by path: {@code at("exports", 0, "export-size")}. Immutable.
 *
 * @param value a Map, a List, a String, a Number, a Boolean or null
 */
public record Json(Object value) {

    public static Json parse(String text) {
        try {
            return new Json(JSON.std.anyFrom(text));
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }

    /** @param path names of members and indexes of elements */
    public Json at(Object... path) {
        Object here = value;
        for (Object step : path) {
            Object next = step instanceof Integer index && here instanceof List<?> list && index < list.size()
                    ? list.get(index)
                    : here instanceof Map<?, ?> map ? map.get(step) : null;
            if (next == null) {
                throw new AssertionError("no " + step + " of " + List.of(path) + " in " + value);
            }
            here = next;
        }
        return new Json(here);
    }

    public long number(Object... path) {
        return ((Number) at(path).value).longValue();
    }

    public String text(Object... path) {
        return at(path).value.toString();
    }

    public boolean flag(Object... path) {
        return (Boolean) at(path).value;
    }

    /** Elements of a list, or values of a map. */
    public List<Json> all() {
        return (value instanceof Map<?, ?> map ? map.values() : (List<?>) value).stream().map(Json::new).toList();
    }
}
