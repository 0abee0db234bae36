package io.varve.daemon.store;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What happens to what clients write. Immutable. */
public enum OverlayMode {
    /** A named client's writes are kept for it; those of a connection without a name last as long as it. */
    PERSISTENT("kept; what a flush or a FUA write has answered survives a crash"),
    /** Writes last as long as the client is connected, named or not. */
    EPHEMERAL("gone when the client leaves, or the daemon ends"),
    /**
     * A named client's writes are kept until it comes back, and can be committed until then; it then starts from the
     * image. Those of a connection without a name last as long as it.
     */
    RESET_ON_BOOT("kept until the client comes back, and safe until then as persistent ones are"),
    /** As {@link #EPHEMERAL}, with the pages in memory as long as there is some. */
    MEMORY("in memory as long as there is room, then in a file; gone when the client leaves, or the daemon ends"),
    /** No writes: exports are read-only. */
    NONE("refused");

    private final String promise;

    OverlayMode(String promise) {
        this.promise = promise;
    }

    /** What becomes of writes, in one line that begins with a verb. */
    public String promise() {
        return promise;
    }

    /** As people write it, such as {@code reset-on-boot}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException that names all modes */
    public static OverlayMode parse(String text) {
        for (OverlayMode mode : values()) {
            if (mode.text().equalsIgnoreCase(text)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("'" + Names.shown(text) + "' is none of "
                + Arrays.stream(values()).map(OverlayMode::text).collect(Collectors.joining(", ")));
    }
}
