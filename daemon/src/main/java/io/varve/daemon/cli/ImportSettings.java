package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code varve import} was asked for.
 *
 * <p>Immutable.
 *
 * @param file              what to import
 * @param image             its name in the store
 * @param format            {@code auto}, or the name of a format; whether there is one is the importer's business
 * @param parent            image that it is a later version of, so that only what differs is stored; or null
 * @param parentDirectories below which the parents of the file may lie, beside its own directory
 */
public record ImportSettings(Path file, ImageName image, String format, ImageName parent,
        List<Path> parentDirectories) {}
