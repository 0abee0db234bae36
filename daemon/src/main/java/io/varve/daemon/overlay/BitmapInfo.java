package io.varve.daemon.overlay;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What can be said about a dirty bitmap at one time.
 *
 * <p>Immutable.
 *
 * @param dirtyLength bytes of the disk that count as dirty
 * @param createdMs   milliseconds since the epoch; 0 if that is not known
 * @param problem     one line; null unless it is {@link State#DAMAGED}
 */
public record BitmapInfo(String name, long dirtyLength, long createdMs, State state, String problem) {

    /** How much its bits can be trusted; nothing dirty is ever missing. */
    public enum State {
        /** Dirty is what was written. */
        EXACT,
        /** After a crash: dirty is what was written, and other things. */
        SUPERSET,
        /** Its file cannot be read: all of the disk counts as dirty. */
        DAMAGED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** For scripts; the keys are a contract. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("context", Bitmaps.CONTEXT_PREFIX + name);
        fields.put("granularity", DirtyBitmap.GRANULARITY);
        fields.put("dirtyBytes", dirtyLength);
        fields.put("sinceMs", createdMs == 0 ? null : createdMs);
        fields.put("state", state.text());
        fields.put("problem", problem);
        return fields;
    }
}
