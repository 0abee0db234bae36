package io.varve.daemon.config;

import io.varve.daemon.access.ExportAccess;
import io.varve.daemon.store.OverlayMode;

/**
 * An {@code [[export]]}.
 *
 * @param access      which images, and who may use them
 * @param mode        what happens to writes
 * @param quotaLength bytes of pages that one overlay may hold; 0: no limit
 */
public record ExportSettings(ExportAccess access, OverlayMode mode, long quotaLength) {}
