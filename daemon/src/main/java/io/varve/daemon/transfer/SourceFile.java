package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageReader;
import io.varve.daemon.transfer.qemu.QemuNbd;
import java.nio.file.Path;
import java.util.List;

/**
 * What to import.
 *
 * <p>Immutable.
 *
 * @param path              file or block device
 * @param parentDirectories below which its parents may lie, beside its own directory
 * @param reader            of formats that are read here
 * @param qemu              of others
 */
public record SourceFile(
        Path path, SourceFormat format, List<Path> parentDirectories, ImageReader reader, QemuNbd qemu) {

    public SourceFile {
        parentDirectories = List.copyOf(parentDirectories);
    }

    /** A file of a format that is read here. */
    public SourceFile(Path path, SourceFormat format, List<Path> parentDirectories, ImageReader reader) {
        this(path, format, parentDirectories, reader, QemuNbd.none());
    }

    /** A file without parents elsewhere. */
    public static SourceFile of(Path path, SourceFormat format) {
        return new SourceFile(path, format, List.of(), ImageReader::ofAll);
    }
}
