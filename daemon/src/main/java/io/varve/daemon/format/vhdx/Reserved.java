package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.vhdx.RegionTable.Region;

/**
 * Places in the file where no block may be, beside the headers in front of them.
 *
 * <p>Immutable.
 *
 * @param log null if the file has none
 */
record Reserved(Region blockTable, Region metadata, Region log) {

    static Reserved of(RegionTable regions, Header header) {
        boolean hasLog = Structures.isPlace(header.logPosition(), header.logLength());
        return new Reserved(regions.blockTable(), regions.metadata(),
                hasLog ? new Region(header.logPosition(), header.logLength()) : null);
    }

    /** @param length bytes; {@code position + length} does not overflow */
    boolean meets(long position, long length) {
        return blockTable.meets(position, length) || metadata.meets(position, length)
                || log != null && log.meets(position, length);
    }
}
