package io.varve.daemon.format;

/** Formats of image files that are read here. Immutable. */
public enum ImageFormat {
    RAW,
    QCOW2,
    VHD,
    VHDX
}
