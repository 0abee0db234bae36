package io.varve.daemon.format.vhd;

/**
 * Cylinders, heads and sectors of a new disk, for firmware that asks: Virtual Hard Disk Image Format Specification 1.0,
 * appendix "CHS Calculation". It covers at most the disk, and is rounded down.
 *
 * <p>Immutable.
 */
final class VhdGeometry {

    private VhdGeometry() {}

    /**
     * @param size bytes of the disk
     * @return 16 bits of cylinders, 8 of heads, 8 of sectors per track, as they lie in the footer
     */
    static int of(long size) {
        long sectors = Math.min(size / VhdImage.SECTOR_LENGTH, VhdFooter.MAX_GEOMETRY_SECTORS);
        int perTrack = 255;
        int heads = 16;
        if (sectors < 65535L * 16 * 63) {
            perTrack = 17;
            int tracks = (int) (sectors / perTrack);
            heads = Math.max(4, (tracks + 1023) / 1024);
            if (tracks >= heads * 1024 || heads > 16) {
                perTrack = 31;
                heads = 16;
                tracks = (int) (sectors / perTrack);
            }
            if (tracks >= heads * 1024) {
                perTrack = 63;
            }
        }
        int cylinders = (int) (sectors / perTrack / heads);
        return cylinders << 16 | heads << 8 | perTrack;
    }
}
