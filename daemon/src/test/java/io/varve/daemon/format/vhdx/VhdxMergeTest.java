package io.varve.daemon.format.vhdx;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.merge.MergeTrial;
import io.varve.daemon.format.merge.MergeTrial.Content;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Children merged into VHDX files of each type, interrupted everywhere. */
class VhdxMergeTest {

    private static final int MIB = TestVhdx.MIB;
    private static final int SECTOR = 512;
    private static final int PER_BLOCK = MIB / SECTOR;
    /** The last block is not whole. */
    private static final int SIZE = 3 * MIB + 3 * SECTOR;
    private static final int BLOCKS = 4;
    private static final long FLUSH_LENGTH = 1000;
    private static final String PARENT_ID = TestVhdx.PARENT_GUID;
    private static final String CHILD_ID = "c0c0c0c0-1111-4222-8333-444444444444";
    private static final int NOT_PRESENT = 0;
    private static final int UNDEFINED = 1;
    private static final int ZERO = 2;
    private static final int UNMAPPED = 3;

    /** What the child has. */
    enum Pattern {
        NOTHING,
        BOUNDARIES,
        EVERYTHING,
        LAST_SECTOR,
        ZEROS,
        MIXED
    }

    private static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void sectors(TestVhdx vhdx, long block, long position, int... sectors) {
        for (int sector : sectors) {
            vhdx.file.put(position + (long) sector * SECTOR, noise(SECTOR, block * 31 + sector));
            vhdx.own(block, sector);
        }
    }

    static TestVhdx child(Pattern pattern) {
        TestVhdx vhdx = new TestVhdx(SIZE, MIB, SECTOR, true);
        vhdx.identify(CHILD_ID);
        switch (pattern) {
            case NOTHING -> { }
            case BOUNDARIES -> {
                for (int block = 0; block < BLOCKS; block++) {
                    int last = block == BLOCKS - 1 ? 2 : PER_BLOCK - 1;
                    sectors(vhdx, block, vhdx.partial(block), 0, last);
                }
            }
            case EVERYTHING -> {
                for (int block = 0; block < BLOCKS; block++) {
                    long position = vhdx.full(block);
                    vhdx.file.put(position, noise(SECTOR, 70 + block));
                    vhdx.file.put(position + MIB - SECTOR, noise(SECTOR, 80 + block));
                }
            }
            case LAST_SECTOR -> sectors(vhdx, BLOCKS - 1, vhdx.partial(BLOCKS - 1), 2);
            case ZEROS -> {
                vhdx.state(0, ZERO, 0);
                vhdx.state(1, UNMAPPED, 0);
                vhdx.state(2, UNDEFINED, 0);
                vhdx.state(3, ZERO, 0);
            }
            default -> {
                vhdx.state(0, ZERO, 0);
                sectors(vhdx, 1, vhdx.partial(1), 5, 6, 7, 1000);
                vhdx.file.put(vhdx.full(3), noise(SECTOR, 90));
            }
        }
        return vhdx;
    }

    /** Each block in another state, so that with each pattern everything meets. */
    static TestVhdx parent(String type) {
        TestVhdx vhdx = new TestVhdx(SIZE, MIB, SECTOR, type.startsWith("differencing"));
        switch (type) {
            case "empty" -> { }
            case "fixed" -> {
                for (int block = 0; block < BLOCKS; block++) {
                    vhdx.file.put(vhdx.full(block), noise(3 * SECTOR, 10 + block));
                }
            }
            case "dynamic" -> {
                vhdx.file.put(vhdx.full(1), noise(9 * SECTOR, 20));
                vhdx.state(2, ZERO, 0);
                vhdx.state(3, UNMAPPED, 0);
            }
            case "differencing" -> {
                sectors(vhdx, 0, vhdx.partial(0), 0, 1, 2, 3, 1000);
                vhdx.state(2, ZERO, 0);
                vhdx.file.put(vhdx.full(3), noise(3 * SECTOR, 30));
            }
            case "differencing, nearly whole" -> {
                long position = vhdx.partial(1);
                for (int sector = 0; sector < PER_BLOCK; sector++) {
                    if (sector < 5 || sector > 7) {
                        vhdx.own(1, sector);
                    }
                }
                vhdx.file.put(position, noise(4 * SECTOR, 40));
            }
            default -> vhdx.state(1, UNDEFINED, 0);
        }
        vhdx.identify(PARENT_ID);
        return vhdx;
    }

    static Content content(SparseFile made) {
        return file -> {
            UnsafeBuffer page = Buffers.alignedDirect(4096);
            byte[] zeros = new byte[4096];
            file.truncate(made.size());
            for (long at = 0; at < made.size(); at += 4096) {
                byte[] bytes = made.get(at, (int) Math.min(4096, made.size() - at));
                if (!Arrays.equals(bytes, zeros)) {
                    page.putBytes(0, bytes);
                    file.write(at, page, 0, bytes.length);
                }
            }
        };
    }

    static TestVhdx grandparent() {
        TestVhdx grandparent = new TestVhdx(SIZE, MIB, SECTOR, false);
        for (int block = 0; block < BLOCKS; block++) {
            grandparent.file.put(grandparent.full(block), noise(1100 * SECTOR, 50 + block));
        }
        return grandparent;
    }

    private static MergeTrial trial(String type, Pattern pattern) throws IOException {
        return new MergeTrial(ImageFormat.VHDX, FLUSH_LENGTH, content(child(pattern).file), content(parent(type).file),
                type.startsWith("differencing") ? content(grandparent().file) : null);
    }

    /** Each way in which a block changes, of each type of parent that has it. */
    static Stream<Arguments> tellingCases() {
        return cases().filter(arguments -> {
            String type = (String) arguments.get()[0];
            return switch ((Pattern) arguments.get()[1]) {
                case BOUNDARIES -> !type.equals("empty");
                case MIXED -> type.equals("dynamic") || type.endsWith("whole");
                default -> type.equals("differencing");
            };
        });
    }

    static Stream<Arguments> manyCases() {
        return cases().filter(arguments -> switch ((Pattern) arguments.get()[1]) {
            case BOUNDARIES, MIXED -> true;
            default -> arguments.get()[0].equals("differencing");
        });
    }

    private static Stream<Arguments> cases() {
        return Stream.of("empty", "fixed", "dynamic", "differencing", "differencing, nearly whole",
                        "differencing, nothing present")
                .flatMap(type -> Stream.of(Pattern.values()).map(pattern -> Arguments.of(type, pattern)));
    }

    @ParameterizedTest
    @MethodSource("tellingCases")
    void shouldComeToTheSameBytesWhereverItIsKilled(String type, Pattern pattern) throws IOException {
        trial(type, pattern).checkKilledEverywhere(type.hashCode() + pattern.ordinal());
    }

    @ParameterizedTest
    @MethodSource("manyCases")
    void shouldShowTheMergedDiskAtEachMoment(String type, Pattern pattern) throws IOException {
        trial(type, pattern).checkViewAllTheTime();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "differencing"})
    void shouldCompleteAfterAnyFailure(String type) throws IOException {
        trial(type, Pattern.MIXED).checkFailuresEverywhere();
    }

    @Test
    void shouldMakeABlockWholeThatTheChildCompletes() throws IOException {
        byte[] merged = trial("differencing, nearly whole", Pattern.MIXED).parentAfter();
        assertThat(merged[(int) TestVhdx.TABLE + 8] & 7).isEqualTo(6);
    }

    /** The entries of a block and of its sector bitmap lie in two pieces of the table, one of which was read before. */
    @Test
    void shouldLookAgainWhenTablesDoNotFitEachOther() throws IOException {
        long gib = 1L << 30;
        TestVhdx vhdx = new TestVhdx(20 * gib, 32 * MIB, SECTOR, true);
        long position = vhdx.allocate(32 * MIB);
        long bitmap = vhdx.allocate(MIB);
        long block = 12 * gib / (32 * MIB);
        try (VhdxImage image = new VhdxImage(vhdx.file)) {
            Piece piece = new Piece();
            image.locate(16 * gib, SECTOR, piece, true);
            vhdx.file.put(vhdx.bitmapEntryPosition(block), TestVhdx.le(8).putLong(bitmap | 6).array());
            vhdx.own(block, 1);
            vhdx.state(block, 7, position);
            assertThat(image.locate(12 * gib, SECTOR, piece, true)).isTrue();
            assertThat(piece.kind()).isEqualTo(Piece.ABSENT);
            image.locate(12 * gib + SECTOR, SECTOR, piece, true);
            assertThat(piece.position()).isEqualTo(position + SECTOR);
        }
    }
}
