package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;

/**
 * Fields of the header, unchecked: a flyweight over the first bytes of a file.
 *
 * <p>Owned by who opens the file.
 */
final class Qcow2Header {

    static final int MAGIC = 0x514649fb;

    static final int VERSION_OFFSET = 4;
    static final int BACKING_POSITION_OFFSET = 8;
    static final int BACKING_LENGTH_OFFSET = 16;
    static final int CLUSTER_BITS_OFFSET = 20;
    static final int SIZE_OFFSET = 24;
    static final int ENCRYPTION_OFFSET = 32;
    static final int L1_COUNT_OFFSET = 36;
    static final int L1_POSITION_OFFSET = 40;
    static final int REFCOUNT_POSITION_OFFSET = 48;
    static final int REFCOUNT_CLUSTERS_OFFSET = 56;
    static final int VERSION_2_LENGTH = 72;

    static final int INCOMPATIBLE_OFFSET = 72;
    static final int REFCOUNT_ORDER_OFFSET = 96;
    static final int LENGTH_OFFSET = 100;
    static final int VERSION_3_LENGTH = 104;
    static final int COMPRESSION_OFFSET = 104;

    /** Of the incompatible features. */
    static final long DIRTY = 1;
    static final long CORRUPT = 1 << 1;
    static final long EXTERNAL_DATA = 1 << 2;
    static final long COMPRESSION = 1 << 3;
    static final long EXTENDED_ENTRIES = 1 << 4;

    private final DirectBuffer bytes;

    /** @param bytes at least {@link #VERSION_2_LENGTH}; as many as the length says for the fields of version 3 */
    Qcow2Header(DirectBuffer bytes) {
        this.bytes = bytes;
    }

    int magic() {
        return bytes.getInt(0, BIG_ENDIAN);
    }

    int version() {
        return bytes.getInt(VERSION_OFFSET, BIG_ENDIAN);
    }

    /** 0 if there is no backing file. */
    long backingPosition() {
        return bytes.getLong(BACKING_POSITION_OFFSET, BIG_ENDIAN);
    }

    long backingLength() {
        return unsigned(BACKING_LENGTH_OFFSET);
    }

    long clusterBits() {
        return unsigned(CLUSTER_BITS_OFFSET);
    }

    long size() {
        return bytes.getLong(SIZE_OFFSET, BIG_ENDIAN);
    }

    /** 0 none, 1 AES, 2 LUKS. */
    int encryption() {
        return bytes.getInt(ENCRYPTION_OFFSET, BIG_ENDIAN);
    }

    long l1Count() {
        return unsigned(L1_COUNT_OFFSET);
    }

    long l1Position() {
        return bytes.getLong(L1_POSITION_OFFSET, BIG_ENDIAN);
    }

    long incompatible() {
        return version() == 2 ? 0 : bytes.getLong(INCOMPATIBLE_OFFSET, BIG_ENDIAN);
    }

    int refcountOrder() {
        return version() == 2 ? 4 : bytes.getInt(REFCOUNT_ORDER_OFFSET, BIG_ENDIAN);
    }

    long length() {
        return version() == 2 ? VERSION_2_LENGTH : unsigned(LENGTH_OFFSET);
    }

    /** 0 deflate, 1 zstd; a header that ends before the field means 0. */
    int compression() {
        return length() <= COMPRESSION_OFFSET ? 0 : bytes.getByte(COMPRESSION_OFFSET) & 0xff;
    }

    private long unsigned(int offset) {
        return bytes.getInt(offset, BIG_ENDIAN) & 0xffffffffL;
    }
}
