package io.varve.daemon.transfer;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Packed files, which people take for images, known by the bytes that their files begin with.
 *
 * <p>Immutable.
 */
enum PackedFormat {
    GZIP("gzip", "\u001f\u008b\b"),
    XZ("xz", "\u00fd7zXZ\0"),
    ZSTD("zstd", "(\u00b5/\u00fd"),
    BZIP2("bzip2", "BZh");

    /** Bytes to look at, from the beginning. */
    static final int LOOKED_AT = 512;

    private final String packer;
    private final byte[] magic;

    /** @param magic one character per byte */
    PackedFormat(String packer, String magic) {
        this.packer = packer;
        this.magic = magic.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Null if the bytes are those of no format known here. */
    static PackedFormat ofFirstBytes(DirectBuffer bytes, int length) {
        for (PackedFormat format : values()) {
            if (format.matches(bytes, length)) {
                return format;
            }
        }
        return null;
    }

    private boolean matches(DirectBuffer bytes, int length) {
        if (length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (bytes.getByte(i) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** What the file is, and what to do, in one line. */
    String explanation() {
        return "compressed by " + packer + ", which is not unpacked here: unpack it first, or say --format raw to "
                + "import its bytes as they are";
    }
}
