package io.varve.daemon.format.vhd;

import java.nio.ByteOrder;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Flyweight over a footer, or its copy: 512 bytes, big-endian; Virtual Hard Disk Image Format Specification 1.0,
 * "Hard Disk Footer Format". What it returns is what is written there; {@link VhdOpener} judges it.
 *
 * <p>Owned by the thread that opens or writes the file.
 */
final class VhdFooter {

    /** Bytes. */
    static final int LENGTH = 512;
    /** Bytes of a footer that Virtual PC wrote before 2004: the last reserved one is missing. */
    static final int OLD_LENGTH = 511;

    static final int COOKIE_AT = 0;
    static final int FEATURES_AT = 8;
    static final int VERSION_AT = 12;
    static final int HEADER_POSITION_AT = 16;
    static final int TIME_AT = 24;
    static final int CREATOR_AT = 28;
    static final int CREATOR_VERSION_AT = 32;
    static final int HOST_AT = 36;
    static final int ORIGINAL_SIZE_AT = 40;
    static final int CURRENT_SIZE_AT = 48;
    static final int CYLINDERS_AT = 56;
    static final int HEADS_AT = 58;
    static final int SECTORS_AT = 59;
    static final int TYPE_AT = 60;
    static final int CHECKSUM_AT = 64;
    static final int ID_AT = 68;

    /** "conectix". */
    static final long COOKIE = 0x636F_6E65_6374_6978L;
    /** Where there is no header, as in a fixed disk. */
    static final long NO_HEADER = -1;
    static final int VERSION = 0x0001_0000;
    /** The bit that is always set. */
    static final int FEATURES = 2;
    static final int FIXED = 2;
    static final int DYNAMIC = 3;
    static final int DIFFERENCING = 4;
    /** "win ": the disk is as large as the current size says. */
    static final int CREATOR_WINDOWS = 0x7769_6E20;
    /** "vpc ": the disk is as large as the geometry says. */
    static final int CREATOR_VIRTUAL_PC = 0x7670_6320;
    /** "qemu", by the same rule as "vpc ". */
    static final int CREATOR_QEMU = 0x7165_6D75;
    /** "Wi2k". */
    static final int HOST_WINDOWS = 0x5769_326B;
    /** Of the largest geometry, which says "at least as many". */
    static final long MAX_GEOMETRY_SECTORS = 65535L * 16 * 255;
    /** From the epoch of Unix to that of this format, 2000-01-01T00:00Z, in seconds. */
    static final long EPOCH_SECOND = 946_684_800L;

    private final UnsafeBuffer bytes;

    VhdFooter(DirectBuffer buffer, int index) {
        bytes = new UnsafeBuffer(buffer, index, LENGTH);
    }

    static boolean hasCookie(DirectBuffer buffer, int index) {
        return buffer.getLong(index + COOKIE_AT, ByteOrder.BIG_ENDIAN) == COOKIE;
    }

    boolean hasRightChecksum() {
        return intAt(CHECKSUM_AT) == checksum(bytes, LENGTH, CHECKSUM_AT);
    }

    /** One's complement of the sum of all bytes, the checksum itself counted as zeros. */
    static int checksum(DirectBuffer buffer, int length, int checksumAt) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            if (i < checksumAt || i >= checksumAt + Integer.BYTES) {
                sum += buffer.getByte(i) & 0xFF;
            }
        }
        return ~sum;
    }

    int version() {
        return intAt(VERSION_AT);
    }

    /** Byte in the file, any; {@link #NO_HEADER} in fixed disks. */
    long headerPosition() {
        return longAt(HEADER_POSITION_AT);
    }

    /** Seconds since the epoch of Unix. */
    long time() {
        return EPOCH_SECOND + (intAt(TIME_AT) & 0xFFFF_FFFFL);
    }

    int type() {
        return intAt(TYPE_AT);
    }

    UUID id() {
        return new UUID(longAt(ID_AT), longAt(ID_AT + Long.BYTES));
    }

    /** Bytes of the disk, by the rule of who made the file; any number. */
    long size() {
        int creator = intAt(CREATOR_AT);
        long sectors = (bytes.getShort(CYLINDERS_AT, ByteOrder.BIG_ENDIAN) & 0xFFFFL)
                * (bytes.getByte(HEADS_AT) & 0xFF)
                * (bytes.getByte(SECTORS_AT) & 0xFF);
        boolean byGeometry = (creator == CREATOR_VIRTUAL_PC || creator == CREATOR_QEMU)
                && sectors != 0 && sectors != MAX_GEOMETRY_SECTORS;
        return byGeometry ? sectors * VhdImage.SECTOR_LENGTH : longAt(CURRENT_SIZE_AT);
    }

    /** @param destination {@link #LENGTH} bytes, overwritten */
    void copyTo(MutableDirectBuffer destination) {
        destination.putBytes(0, bytes, 0, LENGTH);
    }

    /** Changes the id of a whole footer, and its checksum with it. */
    static void putId(MutableDirectBuffer footer, UUID id) {
        footer.putLong(ID_AT, id.getMostSignificantBits(), ByteOrder.BIG_ENDIAN);
        footer.putLong(ID_AT + Long.BYTES, id.getLeastSignificantBits(), ByteOrder.BIG_ENDIAN);
        footer.putInt(CHECKSUM_AT, checksum(footer, LENGTH, CHECKSUM_AT), ByteOrder.BIG_ENDIAN);
    }

    private int intAt(int index) {
        return bytes.getInt(index, ByteOrder.BIG_ENDIAN);
    }

    private long longAt(int index) {
        return bytes.getLong(index, ByteOrder.BIG_ENDIAN);
    }

    /**
     * Makes the footer of a new file.
     *
     * @param destination {@link #LENGTH} bytes, overwritten
     * @param time        seconds since the epoch of Unix
     */
    static void encode(MutableDirectBuffer destination, int type, long size, UUID id, long time) {
        destination.setMemory(0, LENGTH, (byte) 0);
        destination.putLong(COOKIE_AT, COOKIE, ByteOrder.BIG_ENDIAN);
        destination.putInt(FEATURES_AT, FEATURES, ByteOrder.BIG_ENDIAN);
        destination.putInt(VERSION_AT, VERSION, ByteOrder.BIG_ENDIAN);
        destination.putLong(HEADER_POSITION_AT, type == FIXED ? NO_HEADER : LENGTH, ByteOrder.BIG_ENDIAN);
        destination.putInt(TIME_AT, (int) (time - EPOCH_SECOND), ByteOrder.BIG_ENDIAN);
        destination.putInt(CREATOR_AT, CREATOR_WINDOWS, ByteOrder.BIG_ENDIAN);
        destination.putInt(CREATOR_VERSION_AT, 0x000A_0000, ByteOrder.BIG_ENDIAN);
        destination.putInt(HOST_AT, HOST_WINDOWS, ByteOrder.BIG_ENDIAN);
        destination.putLong(ORIGINAL_SIZE_AT, size, ByteOrder.BIG_ENDIAN);
        destination.putLong(CURRENT_SIZE_AT, size, ByteOrder.BIG_ENDIAN);
        destination.putInt(CYLINDERS_AT, VhdGeometry.of(size), ByteOrder.BIG_ENDIAN);
        destination.putInt(TYPE_AT, type, ByteOrder.BIG_ENDIAN);
        destination.putLong(ID_AT, id.getMostSignificantBits(), ByteOrder.BIG_ENDIAN);
        destination.putLong(ID_AT + Long.BYTES, id.getLeastSignificantBits(), ByteOrder.BIG_ENDIAN);
        destination.putInt(CHECKSUM_AT, checksum(destination, LENGTH, CHECKSUM_AT), ByteOrder.BIG_ENDIAN);
    }
}
