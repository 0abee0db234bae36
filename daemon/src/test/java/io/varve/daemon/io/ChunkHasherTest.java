package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkHasherTest {

    private static final int CHUNK_LENGTH = 1024;
    private static final int CHUNK_COUNT = 3 * LaneSha256.LANES + 60;
    /** Interpreted, then compiled, then compiled better. */
    private static final int ROUNDS = 100;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldGiveTheDigestsOfTheLibraryWhoeverComputesThem(boolean inLanes) {
        Random random = new Random(11);
        byte[] content = new byte[CHUNK_COUNT * CHUNK_LENGTH];
        random.nextBytes(content);
        UnsafeBuffer source = Buffers.alignedDirect(content.length);
        source.putBytes(0, content);
        byte[] expected = new byte[CHUNK_COUNT * Sha256.LENGTH];
        MessageDigest library = Sha256.digest();
        for (int i = 0; i < CHUNK_COUNT; i++) {
            library.update(content, i * CHUNK_LENGTH, CHUNK_LENGTH);
            System.arraycopy(library.digest(), 0, expected, i * Sha256.LENGTH, Sha256.LENGTH);
        }
        ChunkHasher hasher = new ChunkHasher(inLanes);

        for (int round = 0; round < ROUNDS; round++) {
            UnsafeBuffer digests = Buffers.alignedDirect(expected.length + 8);
            hasher.hash(source, 0, CHUNK_LENGTH, CHUNK_COUNT, digests, 8);
            byte[] actual = new byte[expected.length];
            digests.getBytes(8, actual);
            assertThat(Arrays.equals(actual, expected)).as("round %d", round).isTrue();
        }
    }

    @Test
    void shouldPreferInstructionsToLanesAndLanesToNothing() {
        assertThat(ChunkHasher.lanesAreFaster("flags\t\t: fpu avx2 avx512f")).isTrue();
        assertThat(ChunkHasher.lanesAreFaster("flags\t\t: fpu avx2 sha_ni")).isFalse();
        assertThat(ChunkHasher.lanesAreFaster("flags\t\t: fpu sse4_2")).isFalse();
        assertThat(ChunkHasher.lanesAreFaster("Features\t: fp asimd sha1 sha2")).isFalse();
        assertThat(ChunkHasher.lanesAreFaster("")).isFalse();
    }
}
