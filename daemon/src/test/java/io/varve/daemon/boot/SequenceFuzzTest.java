package io.varve.daemon.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any bytes are a profile that keeps its promises, none of ours, damage, or another version; a
 * profile is written back as the same bytes.
 */
class SequenceFuzzTest {

    private static final String SUBJECT = "subject";
    private static final long DISK_PAGES = 0x200000000L;

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        Sequence sequence = new Sequence(new long[] {0x123456789L, 2, 700}, new int[] {256, 1, 30},
                new int[] {0, 70_000, 70_000});
        SeedFiles.check(SequenceFuzzTest.class, "shouldAnswerAnyFile", Map.of(
                "learned", bytes(SequenceEncoder.encode(SUBJECT, DISK_PAGES, sequence)),
                "empty", bytes(SequenceEncoder.encode(SUBJECT, DISK_PAGES,
                        new Sequence(new long[0], new int[0], new int[0]))),
                "elsewhere", bytes(SequenceEncoder.encode("other", DISK_PAGES, sequence)),
                "profile", bytes(ProfileEncoder.encode(SUBJECT, ProfileFileTest.profile())),
                "one-boot", bytes(ProfileEncoder.encode(SUBJECT, Profile.of(sequence, DISK_PAGES)))));
    }

    private static byte[] bytes(ByteBuffer content) {
        byte[] bytes = new byte[content.capacity()];
        content.get(0, bytes);
        return bytes;
    }

    @FuzzTest
    void shouldAnswerAnyFile(byte[] content) throws IOException {
        decode(content);
        if (content.length > ProfileFile.HEADER_LENGTH + ProfileFile.CRC_LENGTH) {
            ByteBuffer sealed = ByteBuffer.wrap(content.clone()).order(ByteOrder.LITTLE_ENDIAN);
            int crcPosition = content.length - ProfileFile.CRC_LENGTH;
            sealed.putInt(crcPosition, ProfileFile.crc(sealed, crcPosition));
            decode(sealed.array());
        }
    }

    private static void decode(byte[] content) throws IOException {
        if (content.length < ProfileFile.HEADER_LENGTH + ProfileFile.CRC_LENGTH) {
            return; // The reader of the file refuses it before.
        }
        Optional<ProfileFile.Content> read;
        try {
            read = ProfileFile.decode("file", ByteBuffer.wrap(content));
        } catch (CorruptDataException | FormatVersionException e) {
            return;
        }
        if (read.isPresent()) {
            Profile profile = read.get().profile();
            String subject = read.get().subject();
            ByteBuffer again = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN)
                            .getInt(ProfileFile.VERSION_OFFSET) == ProfileFile.VERSION
                    ? ProfileEncoder.encode(subject, profile)
                    : SequenceEncoder.encode(subject, read.get().diskPageCount(),
                            profile.variants().get(0).boots().get(0));
            if (subject.chars().allMatch(character -> character < 128)
                    && !again.rewind().equals(ByteBuffer.wrap(content))) {
                throw new AssertionError("written back as other bytes");
            }
        }
    }
}
