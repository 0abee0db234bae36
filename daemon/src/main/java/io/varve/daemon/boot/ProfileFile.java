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

/** A profile at rest, of any version that can be read; the formats are in the package description. Immutable. */
public final class ProfileFile {

    static final long MAGIC = 0x5145534556524156L; // "VARVESEQ" as little-endian bytes
    static final int VERSION = 2;
    static final int VERSION_OFFSET = 8;
    /** Variants; of version 1, entries. */
    static final int COUNT_OFFSET = 12;
    static final int DISK_PAGES_OFFSET = 16;
    static final int SUBJECT_LENGTH_OFFSET = 24;
    static final int RESERVED_OFFSET = 28;
    static final int HEADER_LENGTH = 32;
    static final int CRC_LENGTH = 4;
    static final int MAX_SUBJECT_LENGTH = 256;
    /** Bytes: more than the longest profile takes. */
    static final int MAX_LENGTH = 16 << 20;

    private ProfileFile() {}

    /**
     * A profile, and what it is of.
     *
     * @param subject       ASCII, 1 to {@link #MAX_SUBJECT_LENGTH} characters
     * @param diskPageCount pages of the disk that booted
     */
    public record Content(String subject, long diskPageCount, Profile profile) {}

    /**
     * Puts the profile durably in place of an older one, in one step.
     *
     * @param temporary in the same file system as {@code file}; replaced if it exists
     * @param subject   what the boots were learned from; ASCII, 1 to 256 characters
     */
    public static void write(FileSpace files, Path temporary, Path file, String subject, Profile profile)
            throws IOException {
        final ByteBuffer content = ProfileEncoder.encode(subject, profile);
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
     * @throws FormatVersionException if a newer version wrote it
     */
    public static Optional<Profile> read(FileSpace files, Path file, String subject, long diskPageCount)
            throws IOException {
        if (!files.exists(file)) {
            return Optional.empty();
        }
        try {
            return read(files, file)
                    .filter(content -> content.subject.equals(subject) && content.diskPageCount == diskPageCount)
                    .map(Content::profile);
        } catch (final NoSuchFileException ex) {
            return Optional.empty(); // forgotten between the two looks
        }
    }

    /**
     * Whatever it is of.
     *
     * @return empty if the file says that nothing was learned
     * @throws NoSuchFileException    if there is none
     * @throws CorruptDataException   if the file is damaged
     * @throws FormatVersionException if a newer version wrote it
     */
    public static Optional<Content> read(FileSpace files, Path file) throws IOException {
        try (BlockFile source = files.open(file, FileSpace.OpenMode.READ)) {
            final long size = source.size();
            if (size < HEADER_LENGTH + CRC_LENGTH || size > MAX_LENGTH) {
                throw new CorruptDataException(source.name(), 0, "a boot profile of " + size + " bytes");
            }
            final ByteBuffer content = ByteBuffer.allocateDirect((int) size);
            source.read(0, new UnsafeBuffer(content), 0, (int) size);
            return decode(source.name(), content);
        }
    }

    /** @param content at least a header and a checksum */
    static Optional<Content> decode(String fileName, ByteBuffer content) throws IOException {
        content.order(ByteOrder.LITTLE_ENDIAN);
        final int crcPosition = content.capacity() - CRC_LENGTH;
        if (content.getLong(0) != MAGIC) {
            throw new CorruptDataException(fileName, 0, "no boot profile");
        }
        // Every version ends with this checksum, so that a later one can be told from a damaged one.
        if (content.getInt(crcPosition) != crc(content, crcPosition)) {
            throw new CorruptDataException(fileName, crcPosition, "the checksum differs");
        }
        final int version = content.getInt(VERSION_OFFSET);
        if (version != SequenceFile.VERSION && version != VERSION) {
            throw new FormatVersionException(fileName, version, SequenceFile.VERSION, VERSION);
        }
        if (content.getInt(RESERVED_OFFSET) != 0) {
            throw new CorruptDataException(fileName, RESERVED_OFFSET, "reserved bits are set");
        }
        final int subjectLength = content.getInt(SUBJECT_LENGTH_OFFSET);
        if (subjectLength < 1 || subjectLength > Math.min(MAX_SUBJECT_LENGTH, crcPosition - HEADER_LENGTH)) {
            throw new CorruptDataException(fileName, SUBJECT_LENGTH_OFFSET, "a subject of " + subjectLength);
        }
        final String subject = StandardCharsets.US_ASCII
                .decode(content.slice(HEADER_LENGTH, subjectLength))
                .toString();
        final long diskPageCount = content.getLong(DISK_PAGES_OFFSET);
        final int position = HEADER_LENGTH + subjectLength;
        final ByteBuffer body = content.slice(position, crcPosition - position).order(ByteOrder.LITTLE_ENDIAN);
        try {
            final Optional<Profile> profile = version == VERSION
                    ? Optional.of(new ProfileDecoder(fileName, body, position)
                            .profile(diskPageCount, content.getInt(COUNT_OFFSET)))
                    : SequenceFile.profile(fileName, body, position, diskPageCount, content.getInt(COUNT_OFFSET));
            return profile.map(read -> new Content(subject, diskPageCount, read));
        } catch (final IllegalArgumentException ex) {
            throw new CorruptDataException(fileName, position, ex.getMessage());
        }
    }

    static int crc(ByteBuffer content, int length) {
        final CRC32C crc = new CRC32C();
        crc.update(content.slice(0, length));
        return (int) crc.getValue();
    }
}
