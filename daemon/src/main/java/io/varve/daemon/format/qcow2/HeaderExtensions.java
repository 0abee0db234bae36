package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Printable;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.agrona.DirectBuffer;

/**
 * What follows the header: type, length, bytes, padded to 8. Unknown ones are no concern of who reads.
 *
 * <p>Owned by who opens the file.
 */
final class HeaderExtensions {

    /** Bytes from the start of the file that are looked at; QEMU writes less than 4 KiB. */
    static final int MAX_LENGTH = 1 << 16;

    private static final int END = 0;
    private static final int BACKING_FORMAT = 0xe2792aca;
    private static final int FEATURE_NAMES = 0x6803f857;
    private static final int HEAD_LENGTH = 8;
    private static final int FEATURE_LENGTH = 48;
    private static final int FEATURE_NAME_LENGTH = 46;
    private static final int MAX_FORMAT_LENGTH = 32;

    private final String fileName;
    private final DirectBuffer area;
    private final long start;
    private final long limit;
    private final Map<Integer, String> featureNames = new TreeMap<>();
    private String format;

    /** @param area the start of the file, at least the header */
    HeaderExtensions(String fileName, Qcow2Header header, DirectBuffer area, int clusterLength) {
        this.fileName = fileName;
        this.area = area;
        this.start = header.length();
        long backing = header.backingPosition();
        // The name stands behind the extensions. A position that makes no sense is found by who reads the name.
        this.limit = backing > 0 && backing < clusterLength ? backing : clusterLength;
    }

    void walk() throws IOException {
        long position = start;
        while (limit - position >= HEAD_LENGTH) {
            require(position, HEAD_LENGTH);
            int type = area.getInt((int) position, BIG_ENDIAN);
            if (type == END) {
                return;
            }
            long length = area.getInt((int) position + 4, BIG_ENDIAN) & 0xffffffffL;
            long body = position + HEAD_LENGTH;
            if (length > limit - body) {
                throw new CorruptDataException(fileName, position + 4, "a header extension of " + length
                        + " bytes, which ends behind " + limit);
            }
            require(body, length);
            take(type, (int) body, (int) length);
            position = body + (length + 7 & ~7L);
        }
    }

    private void require(long position, long length) throws IOException {
        if (length <= area.capacity() - position) {
            return;
        }
        if (area.capacity() < MAX_LENGTH) {
            throw new CorruptDataException(fileName, position, "the file ends inside the header extensions");
        }
        throw new UnsupportedImageException(fileName, "has more than 64 KiB of header extensions",
                "write it anew with qemu-img convert -O qcow2");
    }

    private void take(int type, int body, int length) throws IOException {
        if (type == BACKING_FORMAT) {
            if (length > MAX_FORMAT_LENGTH) {
                throw new CorruptDataException(fileName, body - 4, "the name of a format with " + length + " bytes");
            }
            format = text(body, length);
        } else if (type == FEATURE_NAMES) {
            for (int entry = body; entry + FEATURE_LENGTH <= body + length; entry += FEATURE_LENGTH) {
                if (area.getByte(entry) == 0) {
                    String padded = text(entry + 2, FEATURE_NAME_LENGTH);
                    int zero = padded.indexOf(0);
                    featureNames.put((int) area.getByte(entry + 1), zero < 0 ? padded : padded.substring(0, zero));
                }
            }
        }
    }

    private String text(int index, int length) {
        byte[] bytes = new byte[length];
        area.getBytes(index, bytes);
        return new String(bytes, ISO_8859_1);
    }

    /** @throws UnsupportedImageException if it is none that is read here */
    Optional<ImageFormat> backingFormat() throws IOException {
        if (format == null || format.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(switch (format) {
            case "raw" -> ImageFormat.RAW;
            case "qcow2" -> ImageFormat.QCOW2;
            case "vpc" -> ImageFormat.VHD;
            case "vhdx" -> ImageFormat.VHDX;
            default -> throw new UnsupportedImageException(fileName,
                    "has a backing file of format '" + Printable.of(format, MAX_FORMAT_LENGTH) + "'",
                    "put the chain into one file with qemu-img convert -O qcow2");
        });
    }

    /** For people: what an unknown feature may have changed about the extensions does not matter here. */
    String namesOf(long incompatibleBits) {
        try {
            walk();
        } catch (IOException e) {
            featureNames.clear();
        }
        StringBuilder names = new StringBuilder();
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((incompatibleBits >>> bit & 1) != 0) {
                String name = featureNames.getOrDefault(bit, "");
                names.append(names.isEmpty() ? "" : ", ").append("incompatible feature ").append(bit)
                        .append(name.isEmpty() ? "" : " (" + Printable.of(name, FEATURE_NAME_LENGTH) + ")");
            }
        }
        return names.toString();
    }
}
