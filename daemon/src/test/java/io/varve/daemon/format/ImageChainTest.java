package io.varve.daemon.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageWalk.Kind;
import io.varve.daemon.format.ImageWalk.Scope;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageChainTest {

    private static final int[][] SIZES = {
        {40_000}, {100_000, 100_000}, {65_536, 65_536, 65_536}, {30_000, 90_001, 60_000},
        {90_000, 20_480, 90_112, 70_001}
    };

    @TempDir
    private Path directory;

    @Test
    void shouldBeTheDiskOfTheFileOnTop() throws Exception {
        for (int seed = 0; seed < SIZES.length * 4; seed++) {
            FakeChain fake = FakeChain.write(directory, "s" + seed, seed, SIZES[seed % SIZES.length]);
            try (ImageChain chain = open(fake)) {
                byte[] expected = fake.topContent();
                assertThat(chain.size()).isEqualTo(expected.length);
                assertThat(read(chain, 0, expected.length)).as("seed %d", seed).isEqualTo(expected);
                Random random = new Random(seed);
                for (int i = 0; i < 50; i++) {
                    int from = random.nextInt(expected.length);
                    int length = 1 + random.nextInt(Math.min(9000, expected.length - from));
                    byte[] slice = Arrays.copyOfRange(expected, from, from + length);
                    assertThat(read(chain, from, length)).as("seed %d, %d at %d", seed, length, from)
                            .isEqualTo(slice);
                    assertNowIsPrefix(chain, from, slice, "seed " + seed);
                }
                assertWalks(chain, expected, seed);
            }
        }
    }

    private static void assertNowIsPrefix(ImageChain chain, int from, byte[] slice, String what) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(slice.length));
        int count = chain.readNow(from, buffer, 0, slice.length);
        Piece piece = new Piece();
        chain.locate(from, slice.length, piece, false);
        if (piece.kind() == Piece.ENCODED) {
            assertThat(count).as(what).isEqualTo(BlockSource.WOULD_BLOCK);
        } else if (piece.kind() != Piece.DATA) {
            assertThat(count).as(what).isGreaterThanOrEqualTo((int) piece.length());
        }
        for (int i = 0; i < count; i++) {
            assertThat(buffer.getByte(i)).as("%s, byte %d", what, from + i).isEqualTo(slice[i]);
        }
    }

    private static void assertWalks(ImageChain chain, byte[] expected, int seed) throws IOException {
        for (Scope scope : Scope.values()) {
            ImageWalk walk = new ImageWalk(chain, scope);
            Kind last = null;
            long offset = 0;
            for (walk.seek(0); walk.kind() != Kind.END; walk.seek(offset)) {
                assertThat(walk.kind()).as("merged, seed %d at %d", seed, offset).isNotEqualTo(last);
                last = walk.kind();
                if (last == Kind.ZERO || last == Kind.ABSENT && scope == Scope.CHAIN) {
                    for (long i = offset; i < walk.end(); i++) {
                        assertThat(expected[(int) i]).isZero();
                    }
                }
                offset = walk.end();
            }
            assertThat(offset).isEqualTo(expected.length);
        }
    }

    @Test
    void shouldGiveTheDiskOfEachParent() throws Exception {
        FakeChain fake = FakeChain.write(directory, "p", 77, 50_000, 60_000, 70_000);
        try (ImageChain chain = open(fake)) {
            for (int level = 0; level < 3; level++) {
                byte[] expected = fake.contents().get(2 - level);
                assertThat(read(chain.from(level), 0, expected.length)).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldServeNothingNowWithoutTables() throws Exception {
        FakeChain fake = FakeChain.write(directory, "w", 5, 8192);
        try (ImageChain chain = open(fake)) {
            ImageChain cold = new ImageChain(List.of(new ColdImage(chain.images().get(0), 4096)));
            UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(8192));
            assertThat(cold.readNow(4096, buffer, 0, 100)).isEqualTo(BlockSource.WOULD_BLOCK);
            assertThat(cold.readNow(0, buffer, 0, 8192)).isEqualTo(4096);
            assertThat(read(cold, 0, 4096)).containsOnly(0);
        }
    }

    @Test
    void shouldRefuseRangesOutsideOfTheDisk() throws Exception {
        try (ImageChain chain = open(FakeChain.write(directory, "o", 1, 10_000))) {
            for (long[] range : new long[][] {{-1, 1}, {9_999, 2}, {Long.MAX_VALUE, 1}, {0, -1}}) {
                assertThatThrownBy(() -> read(chain, range[0], (int) range[1])).isInstanceOf(IOException.class)
                        .hasMessageContaining("10000");
            }
        }
    }

    private ImageChain open(FakeChain fake) throws IOException {
        return new ImageOpener(new NativeFileSpace(), FakeImage::read, List.of())
                .open(fake.top(), Optional.of(ImageFormat.VHDX)).chain();
    }

    private static byte[] read(ImageChain chain, long offset, int length) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(Math.max(1, length)));
        chain.read(offset, buffer, 0, length);
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}
