package io.varve.daemon.boot;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** A sequence at rest; the format is in the package description. Immutable. */
public final class SequenceFile {

    static final long MAGIC = 0x5145534556524156L; // "VARVESEQ" as little-endian bytes
    static final int VERSION = 1;
    static final int VERSION_OFFSET = 8;
    static final int ENTRY_COUNT_OFFSET = 12;
    static final int DISK_PAGES_OFFSET = 16;
    static final int SUBJECT_LENGTH_OFFSET = 24;
    static final int RESERVED_OFFSET = 28;
    static final int HEADER_LENGTH = 32;
    static final int ENTRY_LENGTH = 16;
    static final int CRC_LENGTH = 4;
    static final int MAX_SUBJECT_LENGTH = 256;
    static final int MAX_LENGTH = HEADER_LENGTH + MAX_SUBJECT_LENGTH + Sequence.MAX_PAGES * ENTRY_LENGTH + CRC_LENGTH;

    private SequenceFile() {}

    /**
     * Puts the sequence durably in place of an older one, in one step.
     *
     * @param temporary     in the same file system as {@code file}; replaced if it exists
     * @param subject       what the boot was learned from; ASCII, 1 to 256 characters
     * @param diskPageCount pages of the disk that booted
     */
    public static void write(
            FileSpace files, Path temporary, Path file, String subject, long diskPageCount, Sequence sequence)
            throws IOException {
        final ByteBuffer content = SequenceEncoder.encode(subject, diskPageCount, sequence);
        files.delete(temporary);
        try (BlockFile target = files.open(temporary, FileSpace.OpenMode.CREATE_NEW)) {
            target.write(0, new UnsafeBuffer(content), 0, content.capacity());
            target.sync();
        }
        files.rename(temporary, file);
        files.syncDirectory(file.getParent());
    }

    /**
     * @return empty if there is no file, or it was learned from another subject or a disk of another size
     * @throws CorruptDataException   if the file is damaged
     * @throws FormatVersionException if another version wrote it
     */
    public static Optional<Sequence> read(FileSpace files, Path file, String subject, long diskPageCount)
            throws IOException {
        if (!files.exists(file)) {
            return Optional.empty();
        }
        try (BlockFile source = files.open(file, FileSpace.OpenMode.READ)) {
            final long size = source.size();
            if (size < HEADER_LENGTH + CRC_LENGTH || size > MAX_LENGTH) {
                throw new CorruptDataException(source.name(), 0, "a sequence file of " + size + " bytes");
            }
            final ByteBuffer content = ByteBuffer.allocateDirect((int) size);
            source.read(0, new UnsafeBuffer(content), 0, (int) size);
            return decode(source.name(), content, subject, diskPageCount);
        } catch (final NoSuchFileException ex) {
            return Optional.empty(); // forgotten between the two looks
        }
    }

    static Optional<Sequence> decode(String fileName, ByteBuffer content, String subject, long diskPageCount)
            throws IOException {
        content.order(ByteOrder.LITTLE_ENDIAN);
        final int crcPosition = content.capacity() - CRC_LENGTH;
        if (content.getLong(0) != MAGIC) {
            throw new CorruptDataException(fileName, 0, "no sequence file");
        }
        // Every version ends with this checksum, so that a later one can be told from a damaged one.
        if (content.getInt(crcPosition) != crc(content, crcPosition)) {
            throw new CorruptDataException(fileName, crcPosition, "the checksum differs");
        }
        final int version = content.getInt(VERSION_OFFSET);
        if (version != VERSION) {
            throw new FormatVersionException(fileName, version, VERSION, VERSION);
        }
        if (content.getInt(RESERVED_OFFSET) != 0) {
            throw new CorruptDataException(fileName, RESERVED_OFFSET, "reserved bits are set");
        }
        final int entryCount = content.getInt(ENTRY_COUNT_OFFSET);
        final int subjectLength = content.getInt(SUBJECT_LENGTH_OFFSET);
        if (entryCount < 0
                || entryCount > Sequence.MAX_PAGES
                || subjectLength < 1
                || subjectLength > MAX_SUBJECT_LENGTH
                || HEADER_LENGTH + subjectLength + entryCount * ENTRY_LENGTH != crcPosition) {
            throw new CorruptDataException(
                    fileName,
                    ENTRY_COUNT_OFFSET,
                    entryCount + " entries and a subject of " + subjectLength + " in " + content.capacity() + " bytes");
        }
        final String found = StandardCharsets.US_ASCII
                .decode(content.slice(HEADER_LENGTH, subjectLength))
                .toString();
        if (!found.equals(subject) || content.getLong(DISK_PAGES_OFFSET) != diskPageCount) {
            return Optional.empty();
        }
        return Optional.of(entries(fileName, content, HEADER_LENGTH + subjectLength, entryCount, diskPageCount));
    }

    private static Sequence entries(
            String fileName, ByteBuffer content, int firstPosition, int entryCount, long diskPageCount)
            throws CorruptDataException {
        final long[] pageIndexes = new long[entryCount];
        final int[] pageCounts = new int[entryCount];
        final int[] startUs = new int[entryCount];
        int position = firstPosition;
        for (int i = 0; i < entryCount; i++) {
            pageIndexes[i] = content.getLong(position);
            pageCounts[i] = content.getInt(position + 8);
            startUs[i] = content.getInt(position + 12);
            position += ENTRY_LENGTH;
        }
        final Sequence sequence;
        try {
            sequence = new Sequence(pageIndexes, pageCounts, startUs);
        } catch (final IllegalArgumentException ex) {
            throw new CorruptDataException(fileName, firstPosition, ex.getMessage());
        }
        if (sequence.endPage() > diskPageCount) {
            throw new CorruptDataException(
                    fileName, firstPosition, "page " + sequence.endPage() + " of a disk of " + diskPageCount);
        }
        return sequence;
    }

    static int crc(ByteBuffer content, int length) {
        final CRC32C crc = new CRC32C();
        crc.update(content.slice(0, length));
        return (int) crc.getValue();
    }
}
