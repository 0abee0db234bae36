package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.merge.FileMerge;
import io.varve.daemon.format.merge.MergeException;
import io.varve.daemon.format.merge.MergeTrial;
import io.varve.daemon.format.merge.MergeTrial.Content;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Children merged into VHDs of each type, interrupted everywhere. */
class VhdMergeTest {

    private static final int SECTOR = 512;
    private static final int BLOCK = 4096;
    /** The last block is not whole. */
    private static final int SIZE = 5 * BLOCK + 3 * SECTOR;
    private static final long FLUSH_LENGTH = 6000;
    private static final UUID GRANDPARENT_ID = TestVhd.PARENT_ID;
    private static final UUID PARENT_ID = UUID.fromString("7d7d7d7d-1111-4222-8333-444444444444");

    private static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Sectors that the child has. */
    enum Pattern {
        NOTHING(sector -> false),
        BOUNDARIES(sector -> sector % 8 == 0 || sector % 8 == 7),
        MIDDLES(sector -> sector % 8 > 2 && sector % 8 < 6),
        EVERYTHING(sector -> true),
        LAST(sector -> sector == SIZE / SECTOR - 1),
        SOME_BLOCKS(sector -> sector / 8 % 2 == 1);

        private final IntPredicate has;

        Pattern(IntPredicate has) {
            this.has = has;
        }
    }

    private static TestVhd filled(TestVhd vhd, int blockLength, IntPredicate has, long seed) {
        int perBlock = blockLength / SECTOR;
        for (int block = 0; block * blockLength < SIZE; block++) {
            int first = block * perBlock;
            int[] sectors = IntStream.range(0, perBlock)
                    .filter(sector -> (first + sector) * SECTOR < SIZE && has.test(first + sector)).toArray();
            if (sectors.length > 0) {
                vhd.block(block, noise(blockLength, seed + block), sectors);
            }
        }
        return vhd;
    }

    static byte[] childBytes(Pattern pattern, int blockLength) {
        TestVhd vhd = TestVhd.differencing(SIZE, blockLength).parentName("parent").parentId(PARENT_ID);
        return filled(vhd, blockLength, pattern.has, 100).build();
    }

    private static Content child(Pattern pattern, int blockLength) {
        return Content.of(childBytes(pattern, blockLength));
    }

    static TestVhd parent(String type) {
        IntPredicate has = sector -> sector / 8 == 1 && sector % 8 < 4 || sector / 8 == 3 || sector / 8 == 5;
        TestVhd vhd = switch (type) {
            case "fixed" -> TestVhd.fixed(noise(SIZE, 7));
            case "dynamic" -> filled(TestVhd.dynamic(SIZE, BLOCK), BLOCK, has, 200);
            case "empty" -> TestVhd.dynamic(SIZE, BLOCK);
            case "small blocks" -> filled(TestVhd.dynamic(SIZE, 1024), 1024, has, 300);
            default -> filled(TestVhd.differencing(SIZE, BLOCK).parentName("grandparent"), BLOCK, has, 400);
        };
        vhd.id = PARENT_ID;
        return vhd;
    }

    static TestVhd grandparent() {
        TestVhd grandparent = TestVhd.fixed(noise(SIZE, 5));
        grandparent.id = GRANDPARENT_ID;
        return grandparent;
    }

    private static MergeTrial trial(String type, Pattern pattern, int childBlock) throws IOException {
        return new MergeTrial(ImageFormat.VHD, FLUSH_LENGTH, child(pattern, childBlock),
                Content.of(parent(type).build()),
                type.equals("differencing") ? Content.of(grandparent().build()) : null);
    }

    /** Each way in which a block changes, of each type of parent that has it. */
    static Stream<Arguments> tellingCases() {
        return cases().filter(arguments -> switch ((Pattern) arguments.get()[1]) {
            case BOUNDARIES -> true;
            case SOME_BLOCKS -> !arguments.get()[0].equals("fixed");
            default -> arguments.get()[0].equals("differencing");
        });
    }

    static Stream<Arguments> cases() {
        return Stream.of("fixed", "dynamic", "empty", "small blocks", "differencing")
                .flatMap(type -> Stream.of(Pattern.values()).map(pattern -> Arguments.of(type, pattern)));
    }

    @ParameterizedTest
    @MethodSource("tellingCases")
    void shouldComeToTheSameBytesWhereverItIsKilled(String type, Pattern pattern) throws IOException {
        MergeTrial trial = trial(type, pattern, BLOCK);
        trial.checkKilledEverywhere(type.hashCode() + pattern.ordinal());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldShowTheMergedDiskAtEachMoment(String type, Pattern pattern) throws IOException {
        trial(type, pattern, BLOCK).checkViewAllTheTime();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "dynamic", "differencing"})
    void shouldCompleteAfterAnyFailure(String type) throws IOException {
        trial(type, Pattern.BOUNDARIES, BLOCK).checkFailuresEverywhere();
    }

    @Test
    void shouldMergeBlocksOfAnotherLength() throws IOException {
        for (int childBlock : new int[] {512, 2048, 16384}) {
            for (String type : new String[] {"fixed", "dynamic", "differencing"}) {
                MergeTrial trial = trial(type, Pattern.BOUNDARIES, childBlock);
                trial.checkViewAllTheTime();
                trial.checkKilledEverywhere(childBlock);
            }
        }
    }

    @Test
    void shouldHaveTheSameFooterAtBothEnds() throws IOException {
        byte[] merged = trial("dynamic", Pattern.BOUNDARIES, BLOCK).parentAfter();
        int end = merged.length - SECTOR;
        assertThat(Arrays.equals(merged, 0, SECTOR, merged, end, end + SECTOR)).isTrue();
        assertThat(merged.length % SECTOR).isZero();
        assertThat(VhdFuzzTest.check(merged)).isTrue();
    }

    /** Whatever is wrong with the parent is found before anything is written. */
    @Test
    void shouldRefuseADamagedParentBeforeItIsChanged() throws IOException {
        long seed = 20;
        Random random = new Random(seed);
        int refusedCount = 0;
        for (int round = 0; round < 600; round++) {
            byte[] bytes = parent(round % 2 == 0 ? "dynamic" : "differencing").build();
            for (int i = random.nextInt(3); i >= 0; i--) {
                int end = round % 3 == 0 ? bytes.length : TestVhd.TABLE + 32;
                bytes[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
            }
            TestVhd.seal(bytes, 0, SECTOR, 64);
            TestVhd.seal(bytes, bytes.length - SECTOR, SECTOR, 64);
            TestVhd.seal(bytes, TestVhd.HEADER, 1024, 36);
            refusedCount += isRefused(bytes, "seed " + seed + ", round " + round) ? 1 : 0;
        }
        assertThat(refusedCount).isBetween(20, 500);
    }

    private static boolean isRefused(byte[] parentBytes, String when) throws IOException {
        Path directory = Path.of("/d");
        SimFileSpace space = new SimFileSpace();
        space.createDirectories(directory);
        for (String name : new String[] {"child", "parent"}) {
            try (BlockFile file = space.open(directory.resolve(name), OpenMode.CREATE_NEW)) {
                (name.equals("child") ? child(Pattern.BOUNDARIES, BLOCK) : Content.of(parentBytes)).writeTo(file);
            }
        }
        SimFileSpace before = space.fork();
        try {
            new FileMerge(space, directory.resolve("child"), directory.resolve("parent"))
                    .copy(UUID::randomUUID, (moved, total) -> { });
            return false;
        } catch (CorruptDataException | UnsupportedImageException | MergeException e) {
            assertThat(e.getMessage()).as(when).doesNotContain("\n");
            assertThat(space.mismatch(directory.resolve("parent"), before)).as(when).isEqualTo(-1);
            assertThat(space.list(directory)).as(when).hasSize(2);
            return true;
        }
    }
}
