package io.varve.daemon.format.vhd;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.daemon.io.Buffers;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes what lies between the footer's copy and the block table of a new file: the header and the paths to the parent.
 *
 * <p>Owned by the thread that writes the file.
 */
final class HeaderEncoder {

    private static final int POSITION = VhdFooter.LENGTH;

    private final byte[] relativePath;
    private final byte[] absolutePath;
    private final VhdParent parent;

    /** @param parentOrNull null in dynamic disks */
    HeaderEncoder(VhdParent parentOrNull) {
        parent = parentOrNull;
        relativePath = path(parentOrNull == null ? "" : parentOrNull.windowsRelative());
        absolutePath = path(parentOrNull == null ? "" : parentOrNull.windowsAbsolute());
    }

    private static byte[] path(String path) {
        return path.getBytes(StandardCharsets.UTF_16LE);
    }

    private static int space(byte[] path) {
        return (path.length + VhdImage.SECTOR_LENGTH - 1) / VhdImage.SECTOR_LENGTH * VhdImage.SECTOR_LENGTH;
    }

    /** Byte in the file where the block table is to be. */
    int tablePosition() {
        return POSITION + VhdHeader.LENGTH + space(relativePath) + space(absolutePath);
    }

    /** The bytes of the file from {@link VhdFooter#LENGTH} up to the block table. */
    UnsafeBuffer encode(int entryCount, int blockLength) {
        UnsafeBuffer bytes = Buffers.alignedDirect(tablePosition() - POSITION);
        bytes.putLong(VhdHeader.COOKIE_AT, VhdHeader.COOKIE, BIG_ENDIAN);
        bytes.putLong(VhdHeader.NEXT_AT, VhdFooter.NO_HEADER, BIG_ENDIAN);
        bytes.putLong(VhdHeader.TABLE_POSITION_AT, tablePosition(), BIG_ENDIAN);
        bytes.putInt(VhdHeader.VERSION_AT, VhdHeader.VERSION, BIG_ENDIAN);
        bytes.putInt(VhdHeader.ENTRY_COUNT_AT, entryCount, BIG_ENDIAN);
        bytes.putInt(VhdHeader.BLOCK_LENGTH_AT, blockLength, BIG_ENDIAN);
        if (parent != null) {
            encodeParent(bytes);
        }
        bytes.putInt(VhdHeader.CHECKSUM_AT,
                VhdFooter.checksum(bytes, VhdHeader.LENGTH, VhdHeader.CHECKSUM_AT), BIG_ENDIAN);
        return bytes;
    }

    private void encodeParent(UnsafeBuffer bytes) {
        bytes.putLong(VhdHeader.PARENT_ID_AT, parent.id().getMostSignificantBits(), BIG_ENDIAN);
        bytes.putLong(VhdHeader.PARENT_ID_AT + Long.BYTES, parent.id().getLeastSignificantBits(), BIG_ENDIAN);
        long time = parent.time() - VhdFooter.EPOCH_SECOND;
        bytes.putInt(VhdHeader.PARENT_TIME_AT, (int) Math.max(0, Math.min(0xFFFF_FFFFL, time)), BIG_ENDIAN);
        byte[] name = parent.fileName().getBytes(StandardCharsets.UTF_16BE);
        if (name.length <= VhdHeader.PARENT_NAME_LENGTH) {
            bytes.putBytes(VhdHeader.PARENT_NAME_AT, name);
        }
        encodeLocator(bytes, 0, VhdHeader.RELATIVE_PATH, relativePath, VhdHeader.LENGTH);
        encodeLocator(bytes, 1, VhdHeader.ABSOLUTE_PATH, absolutePath, VhdHeader.LENGTH + space(relativePath));
    }

    /** The space is in bytes: who takes it for sectors finds the path too, the other way round not everybody does. */
    private static void encodeLocator(UnsafeBuffer bytes, int index, int code, byte[] path, int pathAt) {
        int at = VhdHeader.locatorAt(index);
        bytes.putInt(at + VhdHeader.LOCATOR_CODE_AT, code, BIG_ENDIAN);
        bytes.putInt(at + VhdHeader.LOCATOR_SPACE_AT, space(path), BIG_ENDIAN);
        bytes.putInt(at + VhdHeader.LOCATOR_LENGTH_AT, path.length, BIG_ENDIAN);
        bytes.putLong(at + VhdHeader.LOCATOR_POSITION_AT, POSITION + pathAt, BIG_ENDIAN);
        bytes.putBytes(pathAt, path);
    }
}
