package io.varve.daemon.transfer;

import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;

/**
 * What an import made.
 *
 * <p>Immutable.
 *
 * @param layer        sealed and durable; no image names it yet
 * @param manifest     of the layer; its size is the source's
 * @param resumedBytes of the source that an earlier run had already imported
 */
public record ImportResult(LayerId layer, LayerManifest manifest, long resumedBytes) {}
