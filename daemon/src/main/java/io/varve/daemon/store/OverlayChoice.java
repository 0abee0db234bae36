package io.varve.daemon.store;

/**
 * What happens to writes, image by image.
 *
 * <p>Thread-safe because implementations are immutable.
 */
@FunctionalInterface
public interface OverlayChoice {

    /** The memory of a policy is not looked at: all overlays share what the daemon was started with. */
    OverlayPolicy of(ImageName image);
}
