package io.varve.daemon.store;

import io.varve.daemon.overlay.OverlayInfo;

/**
 * An overlay that is kept for a client.
 *
 * @param name    image and client
 * @param mode    {@link OverlayMode#PERSISTENT}, or {@link OverlayMode#RESET_ON_BOOT} if it goes when its client
 *                comes back
 * @param inUse   whether a daemon has it open
 * @param info    null if it cannot be read
 * @param problem one line why it cannot be read, or why it cannot be used; null if all is well
 */
public record OverlayEntry(ExportName name, OverlayMode mode, boolean inUse, OverlayInfo info, String problem) {}
