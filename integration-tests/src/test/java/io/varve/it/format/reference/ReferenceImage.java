package io.varve.it.format.reference;

import java.nio.file.Path;

/** What one image file says, without its parents. */
interface ReferenceImage {

    int SECTOR_LENGTH = 512;

    /** Bytes of the disk. */
    long size();

    /**
     * Bytes of a sector; what lies behind the end of the disk is zero.
     *
     * @param offset byte in the disk, inside, a multiple of 512
     * @return null if it is for the parent to say, or zero if there is none
     */
    byte[] sectorOrNull(long offset);

    /** The image that this one leaves sectors to; null if there is none. */
    ReferenceImage parentOrNull();

    /** Opens a file by the end of its name, as the tests name them. */
    static ReferenceImage open(Path path) {
        String name = path.getFileName().toString();
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "vhd" -> new ReferenceVhd(path);
            case "vhdx" -> new ReferenceVhdx(path);
            case "qcow2" -> new ReferenceQcow2(path);
            default -> new ReferenceRaw(path);
        };
    }
}
