package io.varve.daemon.disk;

import io.varve.nbd.export.ExportInfo;
import java.util.Arrays;
import java.util.List;

/**
 * What BLOCK_STATUS can be asked about a disk, in the order of {@link ExportInfo#metaContexts()}.
 *
 * <p>Immutable.
 */
public enum DiskContext {
    /** Bit 0: no file holds the pages; bit 1: they read as zero (proto.md, "base: metadata context"). */
    ALLOCATION(ExportInfo.BASE_ALLOCATION),
    /**
     * How deep the pages lie: 0 nowhere, 1 in the topmost layer, which is the overlay if there is one, 2 in the one
     * below it, and so on (QEMU, docs/interop/nbd.rst). Pages that a layer says are zero lie in that layer.
     */
    DEPTH("qemu:allocation-depth"),
    /**
     * Which layer the pages lie in: 0 none, 1 the base of the chain, 2 the one above it, and so on; an overlay comes
     * behind the last one. Unlike the depth, it stays the same while layers are put on top.
     */
    LAYER("x-varve:layer"),
    /** Bit 0: the pages are in memory, or zero, so that reading them waits for no disk. A moment's answer. */
    RESIDENT("x-varve:resident");

    private static final List<String> NAMES = Arrays.stream(values()).map(context -> context.contextName).toList();

    private final String contextName;

    DiskContext(String contextName) {
        this.contextName = contextName;
    }

    /** As clients call them. */
    public static List<String> names() {
        return NAMES;
    }
}
