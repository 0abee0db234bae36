package io.varve.daemon.format;

/** How a new file keeps its disk, where its format has a choice. Immutable. */
public enum ImageVariant {
    /** Room for what is there only, as it is. */
    PLAIN,
    /** Room for the whole disk: VHD alone. */
    FIXED,
    /** Smaller than it is: qcow2 alone. */
    COMPRESSED
}
