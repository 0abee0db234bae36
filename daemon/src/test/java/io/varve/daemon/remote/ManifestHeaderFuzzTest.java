package io.varve.daemon.remote;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any header with a right checksum is refused with one readable line, or is one that we would write
 * ourselves, of a file whose length fits its disk.
 */
class ManifestHeaderFuzzTest {

    private static final int CHUNK_SIZE_OFFSET = 12;
    private static final int CRC_OFFSET = 508;

    private final UnsafeBuffer buffer = Buffers.alignedDirect(ManifestHeader.LENGTH);

    /** Without what the target puts in. */
    private byte[] seed(long diskSize) {
        new ManifestHeader(diskSize).write(buffer);
        buffer.putInt(CHUNK_SIZE_OFFSET, 0);
        buffer.putInt(CRC_OFFSET, 0);
        return content();
    }

    private byte[] content() {
        byte[] content = new byte[ManifestHeader.LENGTH];
        buffer.getBytes(0, content);
        return content;
    }

    @Test
    void shouldHaveRealHeadersAsSeeds() throws IOException {
        byte[] later = seed(1 << 20);
        later[8] = 2;
        SeedFiles.check(ManifestHeaderFuzzTest.class, "shouldAnswerAnyHeader", Map.of(
                "small", seed(1), "large", seed(Chunks.MAX_DISK_SIZE), "later", later));
    }

    @FuzzTest
    void shouldAnswerAnyHeader(byte[] bytes) throws IOException {
        buffer.putBytes(0, Arrays.copyOf(bytes, ManifestHeader.LENGTH));
        if (buffer.getInt(CHUNK_SIZE_OFFSET) == 0) {
            buffer.putInt(CHUNK_SIZE_OFFSET, Chunks.CHUNK_SIZE, LITTLE_ENDIAN);
        }
        buffer.putInt(CRC_OFFSET, Crc32c.of(buffer, 0, CRC_OFFSET), LITTLE_ENDIAN);
        byte[] given = content();
        ManifestHeader header;
        try {
            header = ManifestHeader.parse("m", buffer);
        } catch (CorruptDataException | FormatVersionException e) {
            if (!e.getMessage().matches("m [ -~]{1,200}")) {
                throw new AssertionError("not one readable line: " + e.getMessage());
            }
            return;
        }
        header.write(buffer);
        long chunks = (header.diskSize() - 1) / Chunks.CHUNK_SIZE + 1;
        if (!Arrays.equals(content(), given) || header.fileLength() != 512 + 32 * chunks + 32) {
            throw new AssertionError("accepted: " + Arrays.toString(given));
        }
    }
}
