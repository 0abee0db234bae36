package io.varve.daemon.format.vhdx;

/**
 * What a new disk is like.
 *
 * <p>Immutable.
 *
 * @param size       bytes, a multiple of the sector, up to 64 TiB
 * @param blockSize  bytes, a power of two from 1 to 32 MiB
 * @param sectorSize bytes of a logical sector, 512 or 4096; that of a child is its parent's
 */
public record VhdxShape(long size, int blockSize, int sectorSize) {

    private static final int MAX_BLOCK_SIZE = 32 << 20;

    public VhdxShape {
        if (sectorSize != 512 && sectorSize != 4096) {
            throw new IllegalArgumentException("a sector of " + sectorSize + " bytes should have 512 or 4096");
        }
        if (Integer.bitCount(blockSize) != 1 || blockSize < Structures.UNIT || blockSize > MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    "a block of " + blockSize + " bytes should be a power of two from 1 to 32 MiB");
        }
        if (size <= 0 || size > Geometry.MAX_SIZE || size % sectorSize != 0) {
            throw new IllegalArgumentException(
                    "the size of a VHDX should be a multiple of " + sectorSize + " up to 64 TiB, not " + size);
        }
    }
}
