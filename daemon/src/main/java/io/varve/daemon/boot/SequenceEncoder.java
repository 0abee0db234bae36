package io.varve.daemon.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import net.openhft.chronicle.bytes.Bytes;

/**
 * Builds the bytes of a sequence file. Apart from {@link SequenceFile}, so that reading one loads no Chronicle class.
 *
 * <p>Immutable.
 */
final class SequenceEncoder {

    static {
        System.setProperty("chronicle.analytics.disable", "true"); // read when its first class is loaded
    }

    private SequenceEncoder() {}

    /** @return off-heap, position 0, limit at the end of the file */
    static ByteBuffer encode(String subject, long diskPageCount, Sequence sequence) {
        final byte[] subjectBytes = subject.getBytes(StandardCharsets.US_ASCII);
        if (subjectBytes.length < 1 || subjectBytes.length > SequenceFile.MAX_SUBJECT_LENGTH) {
            throw new IllegalArgumentException("subject of " + subjectBytes.length + " characters: " + subject);
        }
        final int entriesLength = sequence.entryCount() * SequenceFile.ENTRY_LENGTH;
        final int crcPosition = SequenceFile.HEADER_LENGTH + subjectBytes.length + entriesLength;
        final Bytes<Void> bytes = Bytes.allocateElasticDirect(crcPosition);
        try {
            // Native order; the design knows little-endian machines alone, and a test compares golden bytes.
            bytes.writeLong(SequenceFile.MAGIC);
            bytes.writeInt(SequenceFile.VERSION);
            bytes.writeInt(sequence.entryCount());
            bytes.writeLong(diskPageCount);
            bytes.writeInt(subjectBytes.length);
            bytes.writeInt(0);
            bytes.write(subjectBytes);
            for (int i = 0; i < sequence.entryCount(); i++) {
                bytes.writeLong(sequence.pageIndex(i));
                bytes.writeInt(sequence.pageCount(i));
                bytes.writeInt(sequence.startUs(i));
            }
            final ByteBuffer content =
                    ByteBuffer.allocateDirect(crcPosition + SequenceFile.CRC_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
            bytes.read(content);
            content.putInt(crcPosition, SequenceFile.crc(content, crcPosition));
            return content.rewind().limit(content.capacity());
        } finally {
            bytes.releaseLast();
        }
    }
}
