package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class LaneSha256Test {

    private final LaneSha256 lanes = new LaneSha256();

    @Test
    void shouldAgreeWithTheLibraryForAnyContentLengthAndCount() {
        Random random = new Random(2024);
        for (int round = 0; round < 300; round++) {
            int chunkLength = 64 * random.nextInt(20);
            int count = 1 + random.nextInt(LaneSha256.LANES);
            check(random, chunkLength, count, random.nextInt(30));
        }
    }

    @Test
    void shouldAgreeWithTheLibraryOnWholeBatches() {
        Random random = new Random(7);
        for (int round = 0; round < 3; round++) {
            check(random, 65_536, LaneSha256.LANES, 0);
        }
    }

    private void check(Random random, int chunkLength, int count, int index) {
        byte[] content = new byte[index + chunkLength * count];
        random.nextBytes(content);
        UnsafeBuffer source = Buffers.alignedDirect(content.length);
        source.putBytes(0, content);
        byte[] digests = new byte[count * Sha256.LENGTH];

        lanes.hash(source, index, chunkLength, count, new UnsafeBuffer(digests), 0);

        MessageDigest library = Sha256.digest();
        for (int i = 0; i < count; i++) {
            library.update(content, index + i * chunkLength, chunkLength);
            assertThat(Arrays.copyOfRange(digests, i * Sha256.LENGTH, (i + 1) * Sha256.LENGTH))
                    .as("chunk %d of %d, %d bytes each", i, count, chunkLength).isEqualTo(library.digest());
        }
    }

    @Test
    void shouldRefuseWhatDoesNotFitItsLanes() {
        UnsafeBuffer buffer = Buffers.alignedDirect(64);
        assertThatIllegalArgumentException().isThrownBy(() -> lanes.hash(buffer, 0, 63, 1, buffer, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> lanes.hash(buffer, 0, 64, 0, buffer, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> lanes.hash(buffer, 0, 64, LaneSha256.LANES + 1, buffer, 0));
    }
}
