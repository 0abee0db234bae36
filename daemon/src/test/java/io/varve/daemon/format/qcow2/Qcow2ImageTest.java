package io.varve.daemon.format.qcow2;

import static io.varve.daemon.format.qcow2.HandMadeQcow2.deflated;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.LargeDisk;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Qcow2ImageTest {

    private static final int CLUSTER = 1 << 16;

    @Test
    void shouldTellDataZerosAndNothingApart() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 8 * CLUSTER + 1536);
        byte[] content = random(CLUSTER, 1);
        int position = made.data(1, content);
        made.entry(2, 1);
        made.entry(3, position | 1); // Zero, and it has a place all the same.
        made.data(8, Arrays.copyOf(content, 1536));
        byte[] expected = new byte[8 * CLUSTER + 1536];
        Arrays.fill(expected, Shown.ABSENT);
        System.arraycopy(content, 0, expected, CLUSTER, CLUSTER);
        Arrays.fill(expected, 2 * CLUSTER, 4 * CLUSTER, (byte) 0);
        System.arraycopy(content, 0, expected, 8 * CLUSTER, 1536);

        Shown shown = shown(made);

        assertThat(shown.pieces()).containsExactly("absent x 65536", "data x 65536 at " + position, "zero x 131072",
                "absent x 262144", "data x 1536 at " + (position + CLUSTER));
        assertThat(shown.bytes()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 10, 12, 16, 21})
    void shouldReadClustersOfAnySize(int clusterBits) throws IOException {
        int cluster = 1 << clusterBits;
        HandMadeQcow2 made = new HandMadeQcow2(2, clusterBits, 2L * cluster + 512);
        byte[] content = random(2 * cluster + 512, clusterBits);
        for (int i = 0; i < 3; i++) {
            made.data(i, Arrays.copyOfRange(content, i * cluster, Math.min(content.length, (i + 1) * cluster)));
        }

        Shown shown = shown(made);

        assertThat(shown.bytes()).isEqualTo(content);
        assertThat(shown.pieces()).hasSize(1);
    }

    @Test
    void shouldGoFromTableToTable() throws IOException {
        // 64 clusters of 512 bytes per table.
        HandMadeQcow2 made = new HandMadeQcow2(3, 9, 512 * 64 * 5);
        byte[] content = random(512, 7);
        int first = made.data(64, content);
        int last = made.data(64 * 5 - 1, content);

        assertThat(shown(made).pieces()).containsExactly("absent x 32768", "data x 512 at " + first,
                "absent x " + 63 * 512, "absent x 65536", "absent x " + 63 * 512, "data x 512 at " + last);
    }

    @Test
    void shouldAnswerForTheMiddleOfAPiece() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 4 * CLUSTER);
        int position = made.data(0, random(CLUSTER, 1));
        made.data(1, random(CLUSTER, 2));
        Piece piece = new Piece();
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            image.locate(CLUSTER - 512, 1024, piece, true);
            assertThat(piece).hasToString("data x 1024 at " + (position + CLUSTER - 512));
            image.locate(2 * CLUSTER + 4096, 512, piece, true);
            assertThat(piece).hasToString("absent x 512");
        }
    }

    @Test
    void shouldCallAClusterWithoutPlaceAbsentThoughItIsMarkedCopied() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 2 * CLUSTER).entry(0, HandMadeQcow2.COPIED);

        assertThat(shown(made).pieces()).containsExactly("absent x 131072");
    }

    @Test
    void shouldExpandDeflatedClustersThatShareSectors() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 3 * CLUSTER);
        byte[] one = text(1);
        byte[] other = text(2);
        byte[] code = deflated(one);
        made.compressed(0, code, 300);
        byte[] second = deflated(other);
        int start = made.end() - CLUSTER + 300 + code.length;
        made.put(start, second).compressedAt(1, start, second.length);
        byte[] expected = Arrays.copyOf(one, 3 * CLUSTER);
        System.arraycopy(other, 0, expected, CLUSTER, CLUSTER);
        Arrays.fill(expected, 2 * CLUSTER, 3 * CLUSTER, Shown.ABSENT);

        Shown shown = shown(made);

        assertThat(shown.pieces()).containsExactly("encoded x 131072", "absent x 65536");
        assertThat(shown.bytes()).isEqualTo(expected);
    }

    @Test
    void shouldExpandACodeThatCrossesClustersAndEndsWithTheFile() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(2, 12, 4096);
        byte[] content = random(4096, 3); // The code is longer than the cluster.
        byte[] code = deflated(content);
        made.compressed(0, code, 2048 + 7);
        byte[] cut = Arrays.copyOf(made.bytes(), made.end() - 2 * 4096 + 2048 + 7 + code.length);
        try (Qcow2Image image = new Qcow2Image(HandMadeQcow2.file(cut))) {
            assertThat(Shown.of(image).bytes()).isEqualTo(content);
        }
        try (Qcow2Image image = new Qcow2Image(HandMadeQcow2.file(Arrays.copyOf(cut, cut.length - 1)))) {
            assertThatThrownBy(() -> Shown.of(image)).isInstanceOf(CorruptDataException.class);
        }
    }

    @Test
    void shouldExpandZstd() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 3 * CLUSTER).putLong(72, 8).putInt(104, 1 << 24);
        made.compressed(0, Zstd.compress(text(4)), 0);
        made.compressed(1, Zstd.compress(new byte[CLUSTER]), 511);
        byte[] noise = random(CLUSTER, 5);
        made.compressed(2, Zstd.compress(noise), 100);
        byte[] expected = Arrays.copyOf(text(4), 3 * CLUSTER);
        System.arraycopy(noise, 0, expected, 2 * CLUSTER, CLUSTER);

        assertThat(shown(made).bytes()).isEqualTo(expected);
    }

    @Test
    void shouldFindDamageInCode() throws IOException {
        for (boolean zstd : new boolean[] {false, true}) {
            HandMadeQcow2 made = new HandMadeQcow2(3, 16, CLUSTER);
            byte[] half = Arrays.copyOf(text(1), CLUSTER / 2);
            if (zstd) {
                made.putLong(72, 8).putInt(104, 1 << 24);
            }
            made.compressed(0, zstd ? Zstd.compress(half) : deflated(half), 0);
            assertCorrupt(made, "bytes came out of it");
            made.put(made.end() - CLUSTER, random(CLUSTER, 9));
            assertCorrupt(made, "compressed cluster");
        }
    }

    @Test
    void shouldExpandAClusterOnceForManySmallReads() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, CLUSTER);
        byte[] code = deflated(text(1));
        made.compressed(0, code, 0);
        CountingFile file = new CountingFile(made.file(), made.end() - CLUSTER);
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(4096));
        try (Qcow2Image image = new Qcow2Image(file)) {
            for (int offset = 0; offset < CLUSTER; offset += 4096) {
                new ImageChain(List.of(image)).read(offset, buffer, 0, 4096);
                byte[] read = new byte[4096];
                buffer.getBytes(0, read);
                assertThat(read).isEqualTo(Arrays.copyOfRange(text(1), offset, offset + 4096));
            }
        }
        assertThat(file.count()).isEqualTo(1);
    }

    @Test
    void shouldReadSubclusters() throws IOException {
        int cluster = 1 << 14;
        HandMadeQcow2 made = new HandMadeQcow2(3, 14, 4 * cluster, true);
        byte[] content = random(2 * cluster, 8);
        int position = made.data(0, Arrays.copyOf(content, cluster));
        made.subclusters(0, 0b0010, 0xfffffff8); // Absent, zero, absent, then data.
        made.data(1, Arrays.copyOfRange(content, cluster, 2 * cluster));
        made.subclusters(1, 0xfffffffe, 1);
        made.entry(2, 0).subclusters(2, 0x7fffffff, 0);

        assertThat(shown(made).pieces()).containsExactly("absent x 512", "zero x 512", "absent x 512",
                "data x " + (cluster - 1536 + 512) + " at " + (position + 1536), "zero x " + (62 * 512),
                "absent x " + (33 * 512));
    }

    @Test
    void shouldSayWithoutWaitingOnlyWhatIsInMemory() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 2 * CLUSTER);
        made.data(0, text(1));
        CountingFile file = new CountingFile(made.file(), 0);
        Piece piece = new Piece();
        try (Qcow2Image image = new Qcow2Image(file)) {
            file.block(true);
            assertThat(image.locate(0, CLUSTER, piece, false)).isFalse();
            assertThat(image.locate(0, CLUSTER, piece, true)).isTrue();
            assertThat(image.locate(0, CLUSTER, piece, false)).isTrue();
            assertThat(piece.kind()).isEqualTo(Piece.DATA);
        }
    }

    @Test
    void shouldOpenADiskAsLargeAsCanBe() throws IOException {
        long size = 1L << 51;
        HandMadeQcow2 made = new HandMadeQcow2(3, 21, size);
        made.data((size >> 21) - 1, new byte[] {1});
        Piece piece = new Piece();
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            assertThat(image.size()).isEqualTo(size);
            image.locate(0, size, piece, true);
            assertThat(piece).hasToString("absent x " + (512L << 39));
            image.locate(size - 512, 512, piece, true);
            assertThat(piece.kind()).isEqualTo(Piece.DATA);
        }
    }

    private static void assertCorrupt(HandMadeQcow2 made, String what) throws IOException {
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            assertThatThrownBy(() -> Shown.of(image)).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("/image.qcow2").hasMessageContaining(what);
        }
    }

    private static Shown shown(HandMadeQcow2 made) throws IOException {
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            return Shown.of(image);
        }
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Compresses well, and no two bytes at one place of two texts are the same by rule. */
    private static byte[] text(int seed) {
        byte[] bytes = new byte[CLUSTER];
        Random random = new Random(seed);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ("abcd".charAt(random.nextInt(4)) + seed);
        }
        return bytes;
    }

    @Test
    void shouldOpenATebibyteByAFewReads() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 21, LargeDisk.SIZE);
        made.data(0, new byte[] {1});
        made.data(400_000, new byte[] {2});
        LargeDisk.check(made.file(), Qcow2Image::new);
    }
}
