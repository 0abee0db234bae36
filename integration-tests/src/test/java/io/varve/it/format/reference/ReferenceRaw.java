package io.varve.it.format.reference;

import java.nio.ByteOrder;
import java.nio.file.Path;

/** The disk as it is. */
final class ReferenceRaw implements ReferenceImage {

    private final FileBytes file;

    ReferenceRaw(Path path) {
        file = new FileBytes(path, ByteOrder.BIG_ENDIAN);
    }

    @Override
    public long size() {
        return file.length();
    }

    @Override
    public byte[] sectorOrNull(long offset) {
        return file.bytes(offset, SECTOR_LENGTH);
    }

    @Override
    public ReferenceImage parentOrNull() {
        return null;
    }
}
