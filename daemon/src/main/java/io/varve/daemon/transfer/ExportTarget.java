package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageVariant;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What to export to.
 *
 * <p>Immutable.
 *
 * @param path              of the new file
 * @param variant           one that the format has
 * @param parent            file that the new one is to stand on: of VHD and VHDX, which is of the same format then
 * @param parentDirectories below which the parents of the parent may lie, beside its own directory
 * @param replaces          whether a file of this name goes
 */
public record ExportTarget(Path path, ImageFormat format, ImageVariant variant, Optional<Path> parent,
        List<Path> parentDirectories, boolean replaces) {

    public ExportTarget {
        parentDirectories = List.copyOf(parentDirectories);
        boolean canBe = switch (variant) {
            case PLAIN -> true;
            case FIXED -> format == ImageFormat.VHD && parent.isEmpty();
            case COMPRESSED -> format == ImageFormat.QCOW2;
        };
        if (!canBe || parent.isPresent() && format != ImageFormat.VHD && format != ImageFormat.VHDX) {
            throw new IllegalArgumentException(format + " " + variant + " on " + parent);
        }
    }

    /** A file without a parent, where none is. */
    public static ExportTarget of(Path path, ImageFormat format) {
        return new ExportTarget(path, format, ImageVariant.PLAIN, Optional.empty(), List.of(), false);
    }
}
