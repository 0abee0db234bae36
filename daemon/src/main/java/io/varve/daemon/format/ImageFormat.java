package io.varve.daemon.format;

import java.util.List;
import java.util.Locale;

/** Formats of image files that are read here. Immutable. */
public enum ImageFormat {
    RAW("raw"),
    QCOW2("qcow2", "qcow2"),
    VHD("VHD", "vhd", "avhd"),
    VHDX("VHDX", "vhdx", "avhdx");

    private final String description;
    private final List<String> endings;

    ImageFormat(String description, String... endings) {
        this.description = description;
        this.endings = List.of(endings);
    }

    /** As people write it in a sentence. */
    public String description() {
        return description;
    }

    /** As an option names it. */
    public String optionName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the name of a file says that it is of this format: {@code win.vhdx}. */
    public boolean isNamedBy(String fileName) {
        String lower = fileName.toLowerCase(Locale.ROOT);
        return endings.stream().anyMatch(ending -> lower.endsWith("." + ending));
    }
}
