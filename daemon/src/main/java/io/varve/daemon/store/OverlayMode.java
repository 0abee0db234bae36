package io.varve.daemon.store;

/** What happens to what clients write. Immutable. */
public enum OverlayMode {
    /** A named client's writes are kept for it; those of a connection without a name last as long as it. */
    PERSISTENT,
    /** Writes last as long as the client is connected, named or not. */
    EPHEMERAL,
    /** No writes: exports are read-only. */
    NONE
}
