package io.varve.daemon.format.vhd;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Flyweight over the header of a dynamic or differencing disk: 1024 bytes, big-endian; Virtual Hard Disk Image Format
 * Specification 1.0, "Dynamic Disk Header Format". What it returns is what is written there.
 *
 * <p>Owned by the thread that opens or writes the file.
 */
final class VhdHeader {

    /** Bytes. */
    static final int LENGTH = 1024;

    static final int COOKIE_AT = 0;
    static final int NEXT_AT = 8;
    static final int TABLE_POSITION_AT = 16;
    static final int VERSION_AT = 24;
    static final int ENTRY_COUNT_AT = 28;
    static final int BLOCK_LENGTH_AT = 32;
    static final int CHECKSUM_AT = 36;
    static final int PARENT_ID_AT = 40;
    static final int PARENT_TIME_AT = 56;
    static final int PARENT_NAME_AT = 64;
    static final int LOCATORS_AT = 576;

    /** Bytes, UTF-16BE. */
    static final int PARENT_NAME_LENGTH = 512;
    static final int LOCATOR_COUNT = 8;
    static final int LOCATOR_LENGTH = 24;
    static final int LOCATOR_CODE_AT = 0;
    static final int LOCATOR_SPACE_AT = 4;
    static final int LOCATOR_LENGTH_AT = 8;
    static final int LOCATOR_POSITION_AT = 16;

    /** "cxsparse". */
    static final long COOKIE = 0x6378_7370_6172_7365L;
    static final int VERSION = 0x0001_0000;
    /** "W2ru": a path relative to the file, UTF-16LE. */
    static final int RELATIVE_PATH = 0x5732_7275;
    /** "W2ku": an absolute path, UTF-16LE. */
    static final int ABSOLUTE_PATH = 0x5732_6B75;

    private final UnsafeBuffer bytes;

    VhdHeader(DirectBuffer buffer) {
        bytes = new UnsafeBuffer(buffer, 0, LENGTH);
    }

    boolean hasCookie() {
        return longAt(COOKIE_AT) == COOKIE;
    }

    boolean hasRightChecksum() {
        return intAt(CHECKSUM_AT) == VhdFooter.checksum(bytes, LENGTH, CHECKSUM_AT);
    }

    int version() {
        return intAt(VERSION_AT);
    }

    /** Byte in the file, any. */
    long tablePosition() {
        return longAt(TABLE_POSITION_AT);
    }

    /** 0 to 2^32 - 1. */
    long entryCount() {
        return intAt(ENTRY_COUNT_AT) & 0xFFFF_FFFFL;
    }

    /** Bytes of data of a block, 0 to 2^32 - 1. */
    long blockLength() {
        return intAt(BLOCK_LENGTH_AT) & 0xFFFF_FFFFL;
    }

    UUID parentId() {
        return new UUID(longAt(PARENT_ID_AT), longAt(PARENT_ID_AT + Long.BYTES));
    }

    /** Seconds since the epoch of Unix. */
    long parentTime() {
        return VhdFooter.EPOCH_SECOND + (intAt(PARENT_TIME_AT) & 0xFFFF_FFFFL);
    }

    /** Up to 256 characters; may be empty. */
    String parentName() {
        byte[] name = new byte[PARENT_NAME_LENGTH];
        bytes.getBytes(PARENT_NAME_AT, name);
        return ParentLocators.untilZero(new String(name, StandardCharsets.UTF_16BE));
    }

    /** @param index of the locator, 0 to 7 */
    int locatorCode(int index) {
        return intAt(locatorAt(index) + LOCATOR_CODE_AT);
    }

    /** As written: sectors by the specification, bytes by many who write it. */
    long locatorSpace(int index) {
        return intAt(locatorAt(index) + LOCATOR_SPACE_AT) & 0xFFFF_FFFFL;
    }

    /** Bytes of the path, 0 to 2^32 - 1. */
    long locatorLength(int index) {
        return intAt(locatorAt(index) + LOCATOR_LENGTH_AT) & 0xFFFF_FFFFL;
    }

    /** Byte in the file, any. */
    long locatorPosition(int index) {
        return longAt(locatorAt(index) + LOCATOR_POSITION_AT);
    }

    static int locatorAt(int index) {
        return LOCATORS_AT + index * LOCATOR_LENGTH;
    }

    private int intAt(int index) {
        return bytes.getInt(index, ByteOrder.BIG_ENDIAN);
    }

    private long longAt(int index) {
        return bytes.getLong(index, ByteOrder.BIG_ENDIAN);
    }
}
