package io.varve.daemon.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkBitsTest {

    private static final long SEED = 4711;

    @Test
    void shouldBehaveAsASetOfBits() {
        Random random = new Random(SEED);
        int count = (1 << 19) + 77;
        ChunkBits bits = new ChunkBits(count);
        BitSet expected = new BitSet();
        for (int i = 0; i < 20_000; i++) {
            // Around the borders of regions and words, and not in all regions.
            int chunk = Math.min(count - 1, (1 << 18) + random.nextInt(400));
            switch (random.nextInt(4)) {
                case 0 -> assertThat(bits.clear(chunk)).as("seed " + SEED).isEqualTo(expected.get(chunk));
                case 1 -> {
                    bits.touch(chunk);
                    expected.set(chunk);
                    continue;
                }
                default -> {
                    assertThat(bits.set(chunk)).as("seed " + SEED).isEqualTo(!expected.get(chunk));
                    expected.set(chunk);
                    continue;
                }
            }
            expected.clear(chunk);
            int run = Math.min(expected.nextClearBit(chunk + 1), Chunks.cluster(chunk + 1) + Chunks.CLUSTER_CHUNKS);
            assertThat(bits.runInCluster(chunk + 1)).as("seed " + SEED).isEqualTo(run - chunk - 1);
        }
        assertThat(bits.count()).isEqualTo(expected.cardinality());
        assertThat(bits.get(0)).isFalse();
        assertThat(bits.clear(count - 1)).isFalse();
        bits.setWord(bits.wordCount() - 1, 0);
        assertThat(bits.word(bits.wordCount() - 1)).isZero();
        assertThat(bits.set(count - 1)).isTrue();
        assertThat(bits.word(bits.wordCount() - 1)).isEqualTo(ChunkBits.bit(count - 1));
    }
}
