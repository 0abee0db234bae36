package io.varve.daemon.transfer;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Formats that are not read here and that people take for raw images, known by the bytes that their files begin with.
 *
 * <p>Immutable.
 */
enum ForeignFormat {
    VMDK("a VMDK image", "KDMV", Remedy.CONVERT),
    QED("a QED image", "QED\0", Remedy.CONVERT),
    GZIP("compressed by gzip", "\u001f\u008b\b", Remedy.UNPACK),
    XZ("compressed by xz", "\u00fd7zXZ\0", Remedy.UNPACK),
    ZSTD("compressed by zstd", "(\u00b5/\u00fd", Remedy.UNPACK),
    BZIP2("compressed by bzip2", "BZh", Remedy.UNPACK);

    /** Bytes to look at, from the beginning. */
    static final int LOOKED_AT = 512;

    private final String description;
    private final byte[] magic;
    private final String remedy;

    /** @param magic one character per byte */
    ForeignFormat(String description, String magic, String remedy) {
        this.description = description;
        this.magic = magic.getBytes(StandardCharsets.ISO_8859_1);
        this.remedy = remedy;
    }

    /** Null if the bytes are those of no format known here. */
    static ForeignFormat ofFirstBytes(DirectBuffer bytes, int length) {
        for (ForeignFormat format : values()) {
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
        return description + ", which this version cannot import: " + remedy
                + ", or say --format raw to import its bytes as they are";
    }

    private static final class Remedy {
        static final String CONVERT = "convert it with 'qemu-img convert -O raw'";
        static final String UNPACK = "unpack it first";
    }
}
