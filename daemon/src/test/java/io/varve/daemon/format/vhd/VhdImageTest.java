package io.varve.daemon.format.vhd;

import static io.varve.daemon.format.vhd.TestVhd.HEADER;
import static io.varve.daemon.format.vhd.TestVhd.TABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.LargeDisk;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class VhdImageTest {

    private static final int BLOCK = 8192;

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldReadFixedDisks() throws IOException {
        byte[] disk = random(3 * 512, 1);
        VhdImage image = TestVhd.open(TestVhd.fixed(disk).build());
        assertThat(Reads.disk(image)).isEqualTo(disk);
        assertThat(Reads.pieces(image)).containsExactly("data x 1536 at 0");
        assertThat(image.id()).contains(TestVhd.ID.toString());
        assertThat(image.parent()).isEmpty();
    }

    @Test
    void shouldReadFootersOf511Bytes() throws IOException {
        byte[] disk = random(4 * 512, 2);
        byte[] whole = TestVhd.fixed(disk).build();
        assertThat(Reads.disk(TestVhd.open(Arrays.copyOf(whole, whole.length - 1)))).isEqualTo(disk);
        TestVhd dynamic = TestVhd.dynamic(BLOCK, BLOCK).block(0, random(BLOCK, 3), 3);
        byte[] sparse = dynamic.build();
        assertThat(Reads.pieces(TestVhd.open(Arrays.copyOf(sparse, sparse.length - 1))))
                .containsExactly("zero x 1536", "data x 512 at " + (2048 + 512 + 1536), "zero x 6144");
    }

    @Test
    void shouldSeeTheHighestBitAsTheFirstSector() throws IOException {
        byte[] data = random(BLOCK, 4);
        byte[] bitmap = new byte[512];
        bitmap[0] = (byte) 0b1100_0001;
        bitmap[1] = (byte) 0b0000_1110;
        VhdImage image = TestVhd.open(TestVhd.dynamic(BLOCK, BLOCK).block(0, data, bitmap).build());
        assertThat(Reads.pieces(image)).containsExactly("data x 1024 at 2560", "zero x 2560",
                "data x 512 at 6144", "zero x 2048", "data x 1536 at 8704", "zero x 512");
        byte[] expected = new byte[BLOCK];
        for (int sector : new int[] {0, 1, 7, 12, 13, 14}) {
            System.arraycopy(data, sector * 512, expected, sector * 512, 512);
        }
        assertThat(Reads.disk(image)).isEqualTo(expected);
    }

    @Test
    void shouldLeaveMissingSectorsOfADifferencingDiskToTheParent() throws IOException {
        TestVhd vhd = TestVhd.differencing(3 * BLOCK, BLOCK).parentName("p.vhd").block(1, random(BLOCK, 5), 0, 15);
        VhdImage image = TestVhd.open(vhd.build());
        assertThat(Reads.pieces(image)).containsExactly("absent x 8192", "data x 512 at 2560", "absent x 7168",
                "data x 512 at " + (2560 + 15 * 512), "absent x 8192");
    }

    @Test
    void shouldFindEveryRunOfRandomBitmaps() throws IOException {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            int blockLength = 512 << random.nextInt(15);
            int size = 512 * (1 + random.nextInt(3 * blockLength / 512));
            TestVhd vhd = TestVhd.dynamic(size, blockLength);
            byte[] expected = new byte[size];
            for (int block = 0; block * blockLength < size; block++) {
                if (random.nextInt(4) == 0) {
                    continue;
                }
                byte[] data = random(blockLength, seed);
                byte[] bitmap = new byte[Math.max(512, blockLength / 4096)];
                int density = random.nextInt(3);
                for (int sector = 0; sector < blockLength / 512; sector++) {
                    int offset = block * blockLength + sector * 512;
                    if (density == 2 || random.nextInt(density == 0 ? 2 : 100) != 0) {
                        bitmap[sector / 8] |= (byte) (0x80 >> sector % 8);
                        if (offset < size) {
                            System.arraycopy(data, sector * 512, expected, offset, 512);
                        }
                    }
                }
                vhd.block(block, data, bitmap);
            }
            VhdImage image = TestVhd.open(vhd.build());
            for (int pass = 0; pass < 2; pass++) {
                byte[] actual = Reads.disk(image);
                for (int i = 0; i < size; i++) {
                    if (actual[i] != expected[i] && !(actual[i] == (byte) 0xEE && expected[i] == 0)) {
                        throw new AssertionError("seed " + seed + ", pass " + pass + ", byte " + i);
                    }
                }
            }
        }
    }

    @Test
    void shouldGiveFullBlocksInOnePieceAndAbsentOnesTogether() throws IOException {
        byte[] full = new byte[512];
        Arrays.fill(full, (byte) 0xFF);
        VhdImage image = TestVhd.open(TestVhd.dynamic(5 * BLOCK, BLOCK).block(1, random(BLOCK, 6), full).build());
        String[] expected = {"absent x 8192", "data x 8192 at 2560", "absent x 24576"};
        assertThat(Reads.pieces(image)).containsExactly(expected);
        assertThat(Reads.pieces(image)).as("once the block is known to be full").containsExactly(expected);
        Piece piece = new Piece();
        image.locate(BLOCK + 100, 1000, piece, true);
        assertThat(piece).hasToString("data x 1000 at 2660");
    }

    @Test
    void shouldUseTheCopyIfTheFooterIsMissingOrBroken() throws IOException {
        TestVhd vhd = TestVhd.dynamic(BLOCK, BLOCK).block(0, random(BLOCK, 7), 0);
        byte[] whole = vhd.build();
        String[] expected = {"data x 512 at 2560", "zero x 7680"};
        assertThat(Reads.pieces(TestVhd.open(vhd.body()))).containsExactly(expected);
        whole[whole.length - 300]++;
        assertThat(Reads.pieces(TestVhd.open(whole))).containsExactly(expected);
    }

    @Test
    void shouldNotTakeTheFirstSectorOfAFixedDiskForAFooter() throws IOException {
        byte[] disk = Arrays.copyOf(TestVhd.fixed(new byte[1024]).footer(), 2048);
        assertThatThrownBy(() -> TestVhd.open(disk)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("byte 1536").hasMessageContaining("no footer");
        byte[] guest = Arrays.copyOf(TestVhd.differencing(BLOCK, BLOCK).parentName("/etc/passwd").body(), 4096);
        VhdImage fixed = TestVhd.open(TestVhd.fixed(guest).build());
        assertThat(fixed.parent()).isEmpty();
        assertThat(Reads.disk(fixed)).isEqualTo(guest);
    }

    @Test
    void shouldRefuseAFooterThatIsAnotherDisksThanItsCopy() {
        TestVhd other = TestVhd.differencing(BLOCK, BLOCK);
        other.id = TestVhd.PARENT_ID;
        byte[] data = new byte[BLOCK];
        System.arraycopy(other.footer(), 0, data, BLOCK - 512, 512);
        byte[] lost = TestVhd.dynamic(BLOCK, BLOCK).block(0, data, 15).body();
        assertThatThrownBy(() -> TestVhd.open(lost)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("another disk");
    }

    @Test
    void shouldTakeTheSizeThatTheCreatorMeant() throws IOException {
        byte[] disk = new byte[64 * 512];
        int geometry = 3 << 16 | 4 << 8 | 5;
        for (String creator : new String[] {"vpc ", "qemu"}) {
            TestVhd vhd = TestVhd.fixed(disk);
            vhd.creator = creator;
            vhd.geometry = geometry;
            assertThat(TestVhd.open(vhd.build()).size()).as(creator).isEqualTo(60 * 512);
            vhd.geometry = 65535 << 16 | 16 << 8 | 255;
            assertThat(TestVhd.open(vhd.build()).size()).as(creator + " at its limit").isEqualTo(64 * 512);
        }
        for (String creator : new String[] {"win ", "qem2", "d2v ", "tap\0", "CTXS", "wa\0\0", "vbox", "vs  "}) {
            TestVhd vhd = TestVhd.fixed(disk);
            vhd.creator = creator;
            vhd.geometry = geometry;
            assertThat(TestVhd.open(vhd.build()).size()).as(creator).isEqualTo(64 * 512);
        }
    }

    @Test
    void shouldGiveParentsRelativeFirst() throws IOException {
        byte[] file = TestVhd.differencing(BLOCK, BLOCK).parentName("C:\\vm\\päron.vhd")
                .locator(0, "MacX", "file://x", 1)
                .locator(2, "W2ku", "D:\\golden\\base.vhd", 512)
                .locator(5, "W2ru", ".\\..\\base.vhd\0\0", 1)
                .build();
        VhdImage image = TestVhd.open(file);
        ParentLink link = image.parent().orElseThrow();
        assertThat(link.paths()).containsExactly("./../base.vhd", "D:/golden/base.vhd", "C:/vm/päron.vhd");
        assertThat(link.id()).contains(TestVhd.PARENT_ID.toString());
    }

    @Test
    void shouldRefuseLocatorsThatDoNotFit() {
        byte[] tooLong = TestVhd.differencing(BLOCK, BLOCK).locator(1, "W2ru", "x".repeat(257), 1).build();
        refuse(tooLong, HEADER + 576 + 24 + 8, "514 bytes, at most 512");
        byte[] outside = TestVhd.differencing(BLOCK, BLOCK).locator(7, "W2ku", "xyz", 1).build();
        ByteBuffer.wrap(outside).putLong(HEADER + 576 + 7 * 24 + 16, Long.MAX_VALUE - 3);
        TestVhd.seal(outside, HEADER, 1024, 36);
        refuse(outside, HEADER + 576 + 7 * 24 + 16, "9223372036854775804");
        refuse(TestVhd.differencing(BLOCK, BLOCK).locator(0, "W2ku", "", 1).build(), HEADER + 576, "no path");
    }

    @Test
    void shouldRefuseBlocksOutsideTheFileOrOnItsTables() throws IOException {
        TestVhd vhd = TestVhd.dynamic(4 * BLOCK, BLOCK).block(0, random(BLOCK, 8), 0).block(3, random(BLOCK, 9), 0);
        int last = vhd.entry(3);
        int[] wrong = {0, 1, 2, 3, last + 1, 0x7FFF_FFFF, 0xFFFF_FFFE, 0x8000_0000};
        for (int sector : wrong) {
            VhdImage image = TestVhd.open(vhd.entry(2, sector).build());
            Piece piece = new Piece();
            assertThat(image.locate(0, 4 * BLOCK, piece, true)).isTrue();
            assertThatThrownBy(() -> image.locate(2 * BLOCK, 512, piece, true)).as(Integer.toHexString(sector))
                    .isInstanceOfSatisfying(CorruptDataException.class,
                            e -> assertThat(e.position()).isEqualTo(TABLE + 2 * 4));
        }
        assertThat(TestVhd.open(vhd.entry(2, last).build()).locate(2 * BLOCK, 512, new Piece(), true)).isTrue();
    }

    @Test
    void shouldReadALastBlockThatEndsWithTheDisk() throws IOException {
        byte[] data = random(BLOCK, 10);
        TestVhd vhd = TestVhd.dynamic(BLOCK + 1024, BLOCK).block(1, Arrays.copyOf(data, 1024), 0, 1, 2);
        VhdImage image = TestVhd.open(vhd.build());
        assertThat(Reads.range(image, BLOCK, 1024)).isEqualTo(Arrays.copyOf(data, 1024));
    }

    @Test
    void shouldRefuseDamagedFields() {
        TestVhd vhd = TestVhd.dynamic(4 * BLOCK, BLOCK);
        refuse(header(vhd, 0, 1), HEADER, "no header");
        refuse(header(vhd, 32, 12345), HEADER + 32, "power of two");
        refuse(header(vhd, 32, 0), HEADER + 32, "power of two");
        refuse(header(vhd, 28, 3), HEADER + 28, "do not cover");
        refuse(header(vhd, 28, -1), HEADER + 16, "block table");
        refuse(header(vhd, 16, 0x7FFF_FFFF), HEADER + 16, "block table");
        refuse(header(vhd, 16, -1), HEADER + 16, "block table");
        byte[] sum = vhd.build();
        sum[HEADER + 900]++;
        refuse(sum, HEADER + 36, "checksum");
        for (long size : new long[] {0, -512, Long.MAX_VALUE, Long.MIN_VALUE, 511, 1L << 62}) {
            byte[] file = vhd.build();
            for (int at : new int[] {0, file.length - 512}) {
                ByteBuffer.wrap(file).putLong(at + 48, size);
                TestVhd.seal(file, at, 512, 64);
            }
            assertThatThrownBy(() -> TestVhd.open(file)).isInstanceOf(CorruptDataException.class);
        }
        refuse(new byte[100], 0, "too few");
    }

    @Test
    void shouldSayWhatItDoesNotKnow() {
        TestVhd vhd = TestVhd.fixed(new byte[512]);
        byte[] type = vhd.build();
        type[512 + 63] = 5;
        TestVhd.seal(type, 512, 512, 64);
        assertThatThrownBy(() -> TestVhd.open(type)).isInstanceOf(UnsupportedImageException.class)
                .hasMessageContaining("type 5");
        byte[] version = vhd.build();
        version[512 + 13] = 2;
        TestVhd.seal(version, 512, 512, 64);
        assertThatThrownBy(() -> TestVhd.open(version)).isInstanceOf(UnsupportedImageException.class)
                .hasMessageContaining("version 2.0");
        byte[] header = header(TestVhd.dynamic(BLOCK, BLOCK), 24, 0x20000);
        assertThatThrownBy(() -> TestVhd.open(header)).isInstanceOf(UnsupportedImageException.class);
    }

    @Test
    void shouldNotWaitForTablesThatAreNotInMemory() throws IOException {
        SimFileSpace space = new SimFileSpace();
        byte[] content = TestVhd.dynamic(BLOCK, BLOCK).block(0, random(BLOCK, 11), 1).build();
        BlockFile file = space.open(Path.of("/a.vhd"), FileSpace.OpenMode.CREATE_NEW);
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(content.length));
        bytes.putBytes(0, content);
        file.write(0, bytes, 0, content.length);
        VhdImage image = new VhdImage(file);
        Piece piece = new Piece();
        space.residency(length -> 0);
        assertThat(image.locate(0, BLOCK, piece, false)).isFalse();
        assertThat(image.locate(0, BLOCK, piece, true)).isTrue();
        assertThat(image.locate(512, BLOCK - 512, piece, false)).isTrue();
        assertThat(piece).hasToString("data x 512 at " + (2560 + 512));
    }

    @Test
    void shouldOpenATebibyteWithAFewReads() throws IOException {
        SimFileSpace space = new SimFileSpace();
        byte[] content = TestVhd.dynamic(1L << 40, 2 << 20).build();
        BlockFile file = space.open(Path.of("/a.vhd"), FileSpace.OpenMode.CREATE_NEW);
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(content.length));
        bytes.putBytes(0, content);
        file.write(0, bytes, 0, content.length);
        AtomicInteger reads = new AtomicInteger();
        space.readHook(call -> reads.incrementAndGet());
        VhdImage image = new VhdImage(file);
        Piece piece = new Piece();
        image.locate((1L << 40) - 512, 512, piece, true);
        assertThat(piece).hasToString("absent x 512");
        assertThat(reads).hasValue(4);
        image.locate(0, 1L << 40, piece, true);
        assertThat(piece.length()).as("what one block of the table tells").isEqualTo((4096 - TABLE) / 4 * 2097152L);
    }

    private static byte[] header(TestVhd vhd, int at, int value) {
        byte[] file = vhd.build();
        ByteBuffer.wrap(file).putInt(HEADER + at, value);
        TestVhd.seal(file, HEADER, 1024, 36);
        return file;
    }

    private static void refuse(byte[] file, long position, String what) {
        assertThatThrownBy(() -> TestVhd.open(file)).isInstanceOfSatisfying(CorruptDataException.class, e -> {
            assertThat(e.position()).isEqualTo(position);
            assertThat(e.what()).contains(what);
        });
    }

    @Test
    void shouldOpenATebibyteByAFewReads() throws IOException {
        TestVhd made = TestVhd.dynamic(LargeDisk.SIZE, LargeDisk.BLOCK);
        made.block(0, new byte[LargeDisk.BLOCK], 1).block(400_000, new byte[LargeDisk.BLOCK], 7);
        LargeDisk.check(TestVhd.fileOf(made.build()), VhdImage::new);
    }
}
