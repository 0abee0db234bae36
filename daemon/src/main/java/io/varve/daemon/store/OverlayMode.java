package io.varve.daemon.store;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What happens to what clients write. Immutable. */
public enum OverlayMode {
    /** A named client's writes are kept for it; those of a connection without a name last as long as it. */
    PERSISTENT,
    /** Writes last as long as the client is connected, named or not. */
    EPHEMERAL,
    /**
     * A named client's writes are kept until it comes back, and can be committed until then; it then starts from the
     * image. Those of a connection without a name last as long as it.
     */
    RESET_ON_BOOT,
    /** No writes: exports are read-only. */
    NONE;

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
