package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;

/**
 * A layer of an open chain. Its blobs belong to the chain, which other layers share them with.
 *
 * <p>Immutable.
 *
 * @param manifest null of a frozen layer
 * @param extents  with the blobs as the chain counts them
 */
public record Layer(LayerId id, LayerManifest manifest, ExtentList extents) {}
