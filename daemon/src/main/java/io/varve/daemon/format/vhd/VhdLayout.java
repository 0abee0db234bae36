package io.varve.daemon.format.vhd;

/**
 * What opening a dynamic or differencing file learned, checked.
 *
 * <p>Immutable.
 *
 * @param size          bytes of the disk, a multiple of 512
 * @param blockLength   bytes of data of a block, a power of two, 512 to 2^31
 * @param tablePosition of the block allocation table, byte in the file; a multiple of 4
 * @param entryCount    of that table; its blocks cover the disk
 * @param headerPosition byte in the file
 * @param end           byte in the file behind the last one that a block may use
 * @param differencing  whether a parent speaks for sectors that have no data
 */
record VhdLayout(long size, long blockLength, long tablePosition, long entryCount, long headerPosition, long end,
        boolean differencing) {

    /** Bytes of the sector bitmap before the data of a block: whole sectors. */
    long bitmapLength() {
        long bytes = blockLength / VhdImage.SECTOR_LENGTH / Byte.SIZE;
        return Math.max(VhdImage.SECTOR_LENGTH, bytes);
    }

    /** Whether bytes of the file belong to the footer's copy, the header or the table. */
    boolean overlapsTables(long position, long length) {
        return overlaps(position, length, 0, VhdFooter.LENGTH)
                || overlaps(position, length, headerPosition, VhdHeader.LENGTH)
                || overlaps(position, length, tablePosition, entryCount * Integer.BYTES);
    }

    private static boolean overlaps(long position, long length, long otherPosition, long otherLength) {
        return position < otherPosition + otherLength && otherPosition < position + length;
    }
}
