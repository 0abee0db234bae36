package io.varve.daemon.format.vhdx;

import static io.varve.daemon.format.vhdx.TestVhdx.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.LargeDisk;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VhdxImageTest {

    private static String pieces(TestVhdx made, long offset, long length) throws IOException {
        return new Walk(new VhdxImage(made.file)).pieces(offset, length);
    }

    @Test
    void shouldSayWhatTheHeaderAndTheMetadataSay() throws IOException {
        TestVhdx made = new TestVhdx(5 * MIB + 512, MIB, 512, true);
        VhdxImage image = new VhdxImage(made.file);
        assertThat(image.size()).isEqualTo(5 * MIB + 512);
        assertThat(image.sectorSize()).isEqualTo(512);
        assertThat(image.format()).isEqualTo(ImageFormat.VHDX);
        assertThat(image.id()).contains(TestVhdx.DATA_WRITE_GUID);
        assertThat(image.parent()).contains(new ParentLink(
                List.of("./base.vhdx", "//?/Volume{26a21bda-a627-11d7-9931-806e6f6e6963}/disks/base.vhdx",
                        "//?/C:/disks/base.vhdx"),
                Optional.of(TestVhdx.PARENT_GUID), Optional.of(ImageFormat.VHDX)));
        image.close();
        assertThat(made.file.isClosed()).isTrue();
    }

    @Test
    void shouldHaveNoParentWithoutTheFlag() throws IOException {
        assertThat(new VhdxImage(new TestVhdx(MIB, MIB, 512, false).file).parent()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKnowTheStatesOfBlocks(boolean child) throws IOException {
        TestVhdx made = new TestVhdx(8 * MIB, MIB, 512, child);
        for (int state : new int[] {0, 1, 2, 3, 5}) {
            made.state(state, state, 0);
        }
        long six = made.full(6);
        String rest = "zero x 1048576, data x 1048576 at " + six;
        // Blocks 0 and 4 have state 0.
        assertThat(pieces(made, 0, 7 * MIB)).isEqualTo(child
                ? "absent x 1048576, zero x 3145728, absent x 1048576, " + rest
                : "zero x 6291456, data x 1048576 at " + six);
    }

    @Test
    void shouldMakeOnePieceOfBlocksThatFollowEachOtherInTheFile() throws IOException {
        TestVhdx made = new TestVhdx(8 * MIB, MIB, 512, false);
        long first = made.full(0);
        made.full(1);
        made.full(2);
        long fourth = made.full(4);
        long third = made.full(3);
        made.full(5);
        assertThat(pieces(made, 1000 * 512, 6 * MIB - 1000 * 512)).isEqualTo("data x " + (3 * MIB - 1000 * 512)
                + " at " + (first + 1000 * 512) + ", data x 1048576 at " + third + ", data x 1048576 at " + fourth
                + ", data x 1048576 at " + (third + MIB));
    }

    /** With blocks of 256 MiB, every 16 of them a bitmap entry lies between. */
    @ParameterizedTest
    @CsvSource({"268435456, 512, 16", "268435456, 4096, 128", "1048576, 512, 4096", "33554432, 4096, 1024"})
    void shouldStepOverTheEntriesOfSectorBitmaps(long blockSize, int sectorSize, long ratio) throws IOException {
        for (boolean child : new boolean[] {false, true}) {
            TestVhdx made = new TestVhdx((2 * ratio + 2) * blockSize, blockSize, sectorSize, child);
            assertThat(made.ratio()).isEqualTo(ratio);
            long position = made.full(ratio - 1);
            made.full(ratio);
            long last = made.full(2 * ratio + 1);
            // State 6 with a place, as it is once a bitmap was needed: it must not be taken for a block.
            made.file.put(made.bitmapEntryPosition(0), TestVhdx.le(8).putLong(position | 6).array());
            Walk walk = new Walk(new VhdxImage(made.file));
            long end = 2 * blockSize;
            String around = walk.pieces((ratio - 1) * blockSize, end);
            assertThat(around).startsWith("data x ").contains(" at " + position);
            assertThat(around).isIn("data x " + end + " at " + position,
                    "data x " + blockSize + " at " + position + ", data x " + blockSize + " at "
                            + (position + blockSize));
            assertThat(walk.pieces((2 * ratio + 1) * blockSize, blockSize))
                    .isEqualTo("data x " + blockSize + " at " + last);
            assertThat(walk.pieces(2 * ratio * blockSize, blockSize))
                    .isEqualTo((child ? "absent x " : "zero x ") + blockSize);
        }
    }

    @ParameterizedTest
    @CsvSource({"512, 1048576, 1", "512, 2097152, 2", "4096, 1048576, 3", "4096, 33554432, 4", "512, 33554432, 5"})
    void shouldFollowSectorBitmapsExactly(int sectorSize, int blockSize, long seed) throws IOException {
        Random random = new Random(seed);
        TestVhdx made = new TestVhdx(4L * blockSize - 3L * sectorSize, blockSize, sectorSize, true);
        int perBlock = blockSize / sectorSize;
        boolean[] own = new boolean[4 * perBlock];
        long[] positions = new long[4];
        for (int block = 0; block < 4; block++) {
            positions[block] = made.partial(block);
            int sector = random.nextInt(3);
            while (sector < perBlock) {
                int run = 1 + random.nextInt(random.nextBoolean() ? 5 : 3000);
                for (int i = sector; i < Math.min(perBlock, sector + run); i++) {
                    own[block * perBlock + i] = true;
                    made.own(block, i);
                }
                sector += run + 1 + random.nextInt(random.nextBoolean() ? 5 : 3000);
            }
        }
        VhdxImage image = new VhdxImage(made.file);
        Piece piece = new Piece();
        long at = 0;
        while (at < made.size) {
            long maxLength = Math.min(made.size - at, 512L * (1 + random.nextInt(100_000)));
            image.locate(at, maxLength, piece, true);
            for (long byteAt = at; byteAt < at + piece.length(); byteAt += 512) {
                int sector = (int) (byteAt / sectorSize);
                assertThat(piece.kind()).as("seed " + seed + ", byte " + byteAt)
                        .isEqualTo(own[sector] ? Piece.DATA : Piece.ABSENT);
            }
            if (piece.kind() == Piece.DATA) {
                assertThat(piece.position()).isEqualTo(positions[(int) (at / blockSize)] + at % blockSize);
            }
            long end = at + piece.length();
            assertThat(end == at + maxLength || end % blockSize == 0 || end % (4096L * 8 * sectorSize) == 0
                            || own[(int) (end / sectorSize)] != own[(int) (end / sectorSize) - 1])
                    .as("seed %d: the piece ends early, at %d", seed, end).isTrue();
            at = end;
        }
    }

    @Test
    void shouldReadAcrossBlocks() throws IOException {
        TestVhdx made = new TestVhdx(4 * MIB, MIB, 512, true);
        byte[] content = new byte[1024];
        new Random(7).nextBytes(content);
        made.file.put(made.full(2), content);
        long partial = made.partial(1);
        made.own(1, 2047);
        made.file.put(partial + MIB - 1024, content);
        made.state(3, 2, 0);
        VhdxImage image = new VhdxImage(made.file);
        UnsafeBuffer buffer = Buffers.alignedDirect(3 * MIB);
        buffer.setMemory(0, buffer.capacity(), (byte) 9);
        new ImageChain(List.of(image)).read(MIB, buffer, 0, 3 * MIB);
        ByteBuffer expected = ByteBuffer.allocate(3 * MIB);
        expected.put(MIB - 512, content, 512, 512).put(MIB, content);
        byte[] actual = new byte[3 * MIB];
        buffer.getBytes(0, actual);
        assertThat(Arrays.equals(actual, expected.array())).isTrue();
    }

    @Test
    void shouldNotWaitForTables() throws IOException {
        TestVhdx made = new TestVhdx(2 * MIB, MIB, 512, true);
        made.partial(1);
        made.own(1, 0);
        VhdxImage image = new VhdxImage(made.file);
        Piece piece = new Piece();
        made.file.forget();
        assertThat(image.locate(MIB, 512, piece, false)).isFalse();
        assertThat(image.locate(0, 512, piece, true)).isTrue();
        assertThat(image.locate(MIB, 512, piece, false)).as("the bitmap is not in memory").isFalse();
        assertThat(image.locate(MIB, 512, piece, true)).isTrue();
        assertThat(image.locate(MIB, 512, piece, false)).isTrue();
        assertThat(piece.kind()).isEqualTo(Piece.DATA);
    }

    /** QEMU does not set it for regions. */
    @Test
    void shouldNotDemandThatKnownRegionsAreMarkedRequired() throws IOException {
        TestVhdx made = new TestVhdx(2 * MIB, MIB, 512, false);
        made.regions(192 * 1024, TestVhdx.region(TestVhdx.META, TestVhdx.METADATA, MIB, 0),
                TestVhdx.region("00000000-1111-2222-3333-444444444444", 0, 0, 0),
                TestVhdx.region(TestVhdx.BAT, TestVhdx.TABLE, MIB, 0));
        assertThat(new VhdxImage(made.file).size()).isEqualTo(2 * MIB);
    }

    @Test
    void shouldReadTheSecondRegionTableIfTheFirstIsDamaged() throws IOException {
        TestVhdx made = new TestVhdx(2 * MIB, MIB, 512, false);
        long position = made.full(1);
        made.file.put(192 * 1024 + 20, (byte) 77);
        assertThat(pieces(made, MIB, MIB)).isEqualTo("data x 1048576 at " + position);
    }

    @ParameterizedTest
    @CsvSource({"5, 6, b", "6, 5, a", "6, 6, a", "-1, 6, a"})
    void shouldTakeTheHeaderThatWasWrittenLast(long first, long second, String last) throws IOException {
        TestVhdx made = new TestVhdx(MIB, MIB, 512, false);
        String a = "aaaaaaaa-0000-4000-8000-000000000000";
        String b = first == second ? a : "bbbbbbbb-0000-4000-8000-000000000000";
        made.header(64 * 1024, first, a, TestVhdx.NO_GUID);
        made.header(128 * 1024, second, b, TestVhdx.NO_GUID);
        assertThat(new VhdxImage(made.file).id().orElseThrow()).startsWith(last.repeat(8));
        made.file.put((last.equals("a") ? 64 : 128) * 1024 + 4000, (byte) 1);
        assertThat(new VhdxImage(made.file).id().orElseThrow()).startsWith((last.equals("a") ? b : a).substring(0, 8));
    }

    @Test
    void shouldFindBlocksAboveFourGigabytes() throws IOException {
        TestVhdx made = new TestVhdx(8L << 30, MIB, 512, false);
        made.allocate(5L << 30);
        long position = made.full(8191);
        byte[] content = new byte[512];
        Arrays.fill(content, (byte) 5);
        made.file.put(position + MIB - 512, content);
        Walk walk = new Walk(new VhdxImage(made.file));
        assertThat(position).isGreaterThan(5L << 30);
        assertThat(walk.sector((8L << 30) - 512)).isEqualTo(content);
        assertThat(walk.everything(100)).isLessThan(30);
    }

    @Test
    void shouldOpenATebibyteByAFewReads() throws IOException {
        TestVhdx made = new TestVhdx(LargeDisk.SIZE, LargeDisk.BLOCK, 512, false);
        made.full(0);
        made.full(400_000);
        LargeDisk.check(made.file, VhdxImage::new);
    }
}
