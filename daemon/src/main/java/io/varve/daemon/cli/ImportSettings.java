package io.varve.daemon.cli;

import io.varve.daemon.store.ImageName;
import java.nio.file.Path;

/**
 * What {@code varve import} was asked for.
 *
 * <p>Immutable.
 *
 * @param file   what to import
 * @param image  its name in the store
 * @param format {@code auto}, or the name of a format; whether there is such a format is the importer's business
 * @param parent image that it is a later version of, so that only what differs is stored; null where there is none
 */
public record ImportSettings(Path file, ImageName image, String format, ImageName parent) {}
