package io.varve.daemon.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.ForwardingFile;
import java.io.IOException;
import java.util.Random;
import org.agrona.MutableDirectBuffer;

/**
 * What opening a disk of a TiB, and looking around in it, may cost: reads that do not depend on the size of its tables,
 * so that neither time nor memory does.
 *
 * <p>Owned by the thread of the test.
 */
public final class LargeDisk {

    public static final long SIZE = 1L << 40;
    public static final int BLOCK = 2 << 20;

    private static final int MAX_OPENING_READS = 16;
    private static final int MAX_OPENING_LENGTH = 512 * 1024;
    private static final int LOOKS = 500;
    /** Entry, and bitmap or entry of the second table. */
    private static final int MAX_TABLES_PER_LOOK = 2;
    private static final long SEED = 11;

    private LargeDisk() {}

    /** Opens an image of a format. */
    @FunctionalInterface
    public interface Opening {
        ForeignImage open(BlockFile file) throws IOException;
    }

    /** Counts what is read. */
    private static final class Counting extends ForwardingFile {

        private int reads;
        private long length;

        Counting(BlockFile file) {
            super(file);
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int count) throws IOException {
            reads++;
            length += count;
            super.read(position, destination, index, count);
        }
    }

    /** @param file an image of {@link #SIZE} with blocks of {@link #BLOCK} */
    public static void check(BlockFile file, Opening opening) throws IOException {
        Counting counted = new Counting(file);
        try (ForeignImage image = opening.open(counted)) {
            assertThat(image.size()).isEqualTo(SIZE);
            assertThat(counted.reads).as("reads while it is opened").isLessThanOrEqualTo(MAX_OPENING_READS);
            assertThat(counted.length).as("bytes read while it is opened").isLessThanOrEqualTo(MAX_OPENING_LENGTH);
            Random random = new Random(SEED);
            Piece piece = new Piece();
            for (int look = 0; look < LOOKS; look++) {
                int before = counted.reads;
                long lengthBefore = counted.length;
                long offset = (long) (random.nextDouble() * (SIZE / BLOCK)) * BLOCK + random.nextInt(BLOCK / 512) * 512;
                image.locate(offset, 4096, piece, true);
                assertThat(counted.reads - before).as("seed %d, look %d", SEED, look)
                        .isLessThanOrEqualTo(MAX_TABLES_PER_LOOK);
                assertThat(counted.length - lengthBefore).as("seed %d, look %d", SEED, look)
                        .isLessThanOrEqualTo(MAX_TABLES_PER_LOOK * TableCache.BLOCK_LENGTH);
            }
        }
    }
}
