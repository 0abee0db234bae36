package io.varve.daemon.cli;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageVariant;
import io.varve.daemon.store.ExportName;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code varve export} was asked for.
 *
 * <p>Immutable.
 *
 * @param source            image, or overlay of a client
 * @param file              that is to be made
 * @param variant           one that the format has
 * @param parent            file that the new one is to stand on, which only VHD and VHDX can; or null
 * @param parentDirectories below which the parents of the parent may lie, beside its own directory
 * @param replaces          whether a file of that name goes
 */
public record ExportSettings(ExportName source, Path file, ImageFormat format, ImageVariant variant, Path parent,
        List<Path> parentDirectories, boolean replaces) {}
