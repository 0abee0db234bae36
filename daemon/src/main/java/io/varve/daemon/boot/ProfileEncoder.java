package io.varve.daemon.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import net.openhft.chronicle.bytes.Bytes;

/**
 * Builds the bytes of a profile file. Apart from {@link ProfileFile}, so that reading one loads no Chronicle class.
 *
 * <p>Immutable.
 */
final class ProfileEncoder {

    static {
        System.setProperty("chronicle.analytics.disable", "true"); // read when its first class is loaded
    }

    private ProfileEncoder() {}

    /** @return off-heap, position 0, limit at the end of the file */
    static ByteBuffer encode(String subject, Profile profile) {
        final byte[] subjectBytes = subject.getBytes(StandardCharsets.US_ASCII);
        if (subjectBytes.length < 1 || subjectBytes.length > ProfileFile.MAX_SUBJECT_LENGTH) {
            throw new IllegalArgumentException("subject of " + subjectBytes.length + " characters: " + subject);
        }
        final Bytes<Void> bytes = Bytes.allocateElasticDirect();
        try {
            // Native order; the design knows little-endian machines alone, and a test compares golden bytes.
            bytes.writeLong(ProfileFile.MAGIC);
            bytes.writeInt(ProfileFile.VERSION);
            bytes.writeInt(profile.variants().size());
            bytes.writeLong(profile.diskPageCount());
            bytes.writeInt(subjectBytes.length);
            bytes.writeInt(0);
            bytes.write(subjectBytes);
            for (final Variant variant : profile.variants()) {
                write(bytes, variant);
            }
            final int crcPosition = Math.toIntExact(bytes.readRemaining());
            final ByteBuffer content =
                    ByteBuffer.allocateDirect(crcPosition + ProfileFile.CRC_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
            bytes.read(content);
            content.putInt(crcPosition, ProfileFile.crc(content, crcPosition));
            return content.rewind().limit(content.capacity());
        } finally {
            bytes.releaseLast();
        }
    }

    private static void write(Bytes<Void> bytes, Variant variant) {
        bytes.writeInt(variant.boots().size());
        bytes.writeInt(variant.mergedCount());
        bytes.writeInt(variant.confirmedCount());
        bytes.writeInt(variant.qualities().size());
        for (final Quality quality : variant.qualities()) {
            bytes.writeShort((short) quality.coverage());
            bytes.writeShort((short) quality.precision());
        }
        variant.boots().forEach(boot -> write(bytes, boot));
        write(bytes, variant.sequence());
    }

    private static void write(Bytes<Void> bytes, Sequence sequence) {
        bytes.writeInt(sequence.entryCount());
        long page = 0;
        int us = 0;
        for (int i = 0; i < sequence.entryCount(); i++) {
            final long distance = sequence.pageIndex(i) - page;
            writeNumber(bytes, distance << 1 ^ distance >> 63);
            writeNumber(bytes, sequence.pageCount(i));
            writeNumber(bytes, sequence.startUs(i) - us);
            page = sequence.pageIndex(i) + sequence.pageCount(i);
            us = sequence.startUs(i);
        }
    }

    private static void writeNumber(Bytes<Void> bytes, long number) {
        long rest = number;
        while (rest >>> 7 != 0) {
            bytes.writeByte((byte) (rest | 0x80));
            rest >>>= 7;
        }
        bytes.writeByte((byte) rest);
    }
}
