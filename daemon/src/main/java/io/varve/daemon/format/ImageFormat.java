package io.varve.daemon.format;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** The format that an option names so, letter for letter; empty if none. */
    public static Optional<ImageFormat> ofOption(String name) {
        return Stream.of(values()).filter(format -> format.optionName().equals(name)).findFirst();
    }

    /** All that an option can name, as in a sentence: {@code raw, qcow2, ...}. */
    public static String optionNames() {
        return Stream.of(values()).map(ImageFormat::optionName).collect(Collectors.joining(", "));
    }

    /** Whether the name of a file says that it is of this format: {@code win.vhdx}. */
    public boolean isNamedBy(String fileName) {
        String lower = fileName.toLowerCase(Locale.ROOT);
        return endings.stream().anyMatch(ending -> lower.endsWith("." + ending));
    }
}
