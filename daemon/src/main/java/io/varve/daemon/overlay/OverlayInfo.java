package io.varve.daemon.overlay;

/**
 * What can be said about an overlay to a person. Immutable.
 *
 * @param meta         image, layers, size, client
 * @param presentPages pages that it holds
 * @param zeroPages    pages that it hides behind zeros
 * @param bytesUsed    bytes of the pages that it holds and of its own files beside them
 * @param condition    how it was found
 */
public record OverlayInfo(
        OverlayMeta meta, long presentPages, long zeroPages, long bytesUsed, Condition condition) {

    /** Whether work remains before the overlay is as its client left it. */
    public enum Condition {
        /** Closed: the last checkpoint says it all. */
        CLEAN,
        /** In use, or its daemon was stopped: records follow the last checkpoint, and the next open replays them. */
        UNCLEAN,
        /** A sync or a write failed; it takes no more writes until it is opened again. */
        FAILED
    }
}
