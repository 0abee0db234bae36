package io.varve.daemon.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Builds the bytes of a file of version 1, which nobody writes any more.
 *
 * <p>Immutable.
 */
final class SequenceEncoder {

    private SequenceEncoder() {}

    /** @return off-heap, position 0, limit at the end of the file */
    static ByteBuffer encode(String subject, long diskPageCount, Sequence sequence) {
        final byte[] subjectBytes = subject.getBytes(StandardCharsets.US_ASCII);
        if (subjectBytes.length < 1 || subjectBytes.length > ProfileFile.MAX_SUBJECT_LENGTH) {
            throw new IllegalArgumentException("subject of " + subjectBytes.length + " characters: " + subject);
        }
        final int entriesLength = sequence.entryCount() * SequenceFile.ENTRY_LENGTH;
        final int crcPosition = ProfileFile.HEADER_LENGTH + subjectBytes.length + entriesLength;
        final ByteBuffer content =
                ByteBuffer.allocateDirect(crcPosition + ProfileFile.CRC_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        content.putLong(ProfileFile.MAGIC);
        content.putInt(SequenceFile.VERSION);
        content.putInt(sequence.entryCount());
        content.putLong(diskPageCount);
        content.putInt(subjectBytes.length);
        content.putInt(0);
        content.put(subjectBytes);
        for (int i = 0; i < sequence.entryCount(); i++) {
            content.putLong(sequence.pageIndex(i));
            content.putInt(sequence.pageCount(i));
            content.putInt(sequence.startUs(i));
        }
        content.putInt(ProfileFile.crc(content, crcPosition));
        return content.rewind();
    }
}
