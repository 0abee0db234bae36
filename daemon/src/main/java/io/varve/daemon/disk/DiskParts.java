package io.varve.daemon.disk;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.boot.PageLoader;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.ExportInfo;
import java.util.function.Function;

/**
 * What a disk is made of. Immutable.
 *
 * @param info     of every connection to the disk; its size is that of the chain, in bytes
 * @param ownerKey which agent serves it
 * @param chain    what lies below the overlay
 * @param overlay  null for a read-only disk; the disk closes it
 * @param boot     opens what tracks the boot, given the loader of the chain's pages; called once, by the constructor
 */
public record DiskParts(
        ExportInfo info,
        int ownerKey,
        ChainSnapshot chain,
        Overlay overlay,
        Function<PageLoader, BootTracker> boot) {}
