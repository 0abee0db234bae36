package io.varve.daemon.cli;

import io.varve.daemon.store.ImageManifest;

/**
 * What an import has made.
 *
 * <p>Immutable.
 *
 * @param image           the new image
 * @param storedBytes     bytes of pages in its new layers; 0 where the parent says it all
 * @param knownLayerCount its layers that an earlier import of the same files had made
 */
public record ImportResult(ImageManifest image, long storedBytes, int knownLayerCount) {}
