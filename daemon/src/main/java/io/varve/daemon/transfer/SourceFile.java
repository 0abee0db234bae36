package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageReader;
import java.nio.file.Path;
import java.util.List;

/**
 * What to import.
 *
 * <p>Immutable.
 *
 * @param path              file or block device
 * @param parentDirectories below which its parents may lie, beside its own directory
 * @param reader            of other formats
 */
public record SourceFile(Path path, SourceFormat format, List<Path> parentDirectories, ImageReader reader) {

    public SourceFile {
        parentDirectories = List.copyOf(parentDirectories);
    }

    /** A file without parents elsewhere. */
    public static SourceFile of(Path path, SourceFormat format) {
        return new SourceFile(path, format, List.of(), ImageReader::ofAll);
    }
}
