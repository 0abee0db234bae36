package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Every byte and every length of the files of an overlay. It opens as it was, or says which file is damaged; and a
 * check that finds nothing is never followed by an open that fails or by another content.
 */
class OverlayDamageSweepTest {

    private static final int PAGES = 12;
    private static final List<String> NAMES = List.of("meta", "map0", "map1", "jrnl");
    /** Of bytes that are zero, with zeros around them, some are enough. */
    private static final int ZERO_STEP = 331;

    private static Path path(String name) {
        return OverlayHarness.DIRECTORY.resolve(name);
    }

    /** Pages 0 to 6 written and 8 zeroed, in several commits. */
    private static OverlayHarness used() throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
        harness.open();
        harness.write(0, 4);
        harness.commitNow();
        for (int page = 4; page < 7; page++) {
            harness.write(page, 1);
            harness.zero(8, 1);
            harness.commitNow();
        }
        return harness;
    }

    private static SimFileSpace closed() throws IOException {
        OverlayHarness harness = used();
        harness.close();
        return harness.disk();
    }

    /** Records follow the last checkpoint. */
    private static SimFileSpace cut() throws IOException {
        return used().disk().crash(Chooser.KEEP_ALL);
    }

    private static List<Integer> states(SimFileSpace disk) throws IOException {
        OverlayHarness harness = new OverlayHarness(disk.fork(), PAGES);
        harness.open();
        List<Integer> states = new ArrayList<>();
        for (int page = 0; page < PAGES; page++) {
            states.add(harness.overlay().state(page));
        }
        return states;
    }

    private static byte[] content(SimFileSpace disk, String name) throws IOException {
        try (BlockFile file = disk.open(path(name), OpenMode.READ)) {
            UnsafeBuffer buffer = Buffers.alignedDirect((int) file.size());
            file.read(0, buffer, 0, buffer.capacity());
            byte[] content = new byte[buffer.capacity()];
            buffer.getBytes(0, content);
            return content;
        }
    }

    private static SimFileSpace with(SimFileSpace disk, String name, byte[] content, int length) throws IOException {
        SimFileSpace copy = disk.fork();
        UnsafeBuffer buffer = Buffers.alignedDirect(Math.max(1, length));
        buffer.putBytes(0, content, 0, length);
        try (BlockFile file = copy.open(path(name), OpenMode.READ_WRITE)) {
            file.truncate(length);
            file.write(0, buffer, 0, length);
            file.sync();
        }
        return copy;
    }

    private static SimFileSpace flipped(SimFileSpace disk, String name, int position) throws IOException {
        SimFileSpace copy = disk.fork();
        try (BlockFile file = copy.open(path(name), OpenMode.READ_WRITE)) {
            UnsafeBuffer octet = Buffers.alignedDirect(1);
            file.read(position, octet, 0, 1);
            octet.putByte(0, (byte) (octet.getByte(0) ^ 1 << position % 8));
            file.write(position, octet, 0, 1);
            file.sync();
        }
        return copy;
    }

    private static boolean isWorthIt(byte[] content, int position) {
        for (int i = Math.max(0, position - 2); i <= Math.min(content.length - 1, position + 2); i++) {
            if (content[i] != 0) {
                return true;
            }
        }
        return position % ZERO_STEP == 0;
    }

    /** Null if it opens; otherwise the typed error. */
    private static IOException refusal(SimFileSpace disk, String what) {
        try {
            states(disk);
            return null;
        } catch (CorruptDataException | FormatVersionException e) {
            assertThat(e.getMessage()).as(what).startsWith(OverlayHarness.DIRECTORY.toString());
            return e;
        } catch (IOException e) {
            throw new AssertionError(what, e);
        }
    }

    private static boolean isFound(SimFileSpace disk, String what) throws IOException {
        List<String> before = disk.list(OverlayHarness.DIRECTORY).stream().map(Path::toString).toList();
        long calls = disk.callCount();
        OverlayCheck.Report report = OverlayCheck.run(disk, OverlayHarness.DIRECTORY, false, length -> { });
        assertThat(disk.callCount()).as("changes by the check of %s", what).isEqualTo(calls);
        assertThat(disk.list(OverlayHarness.DIRECTORY)).extracting(Path::toString).isEqualTo(before);
        assertThat(disk.openCount()).as(what).isZero();
        report.damages().forEach(damage ->
                assertThat(damage.file()).as(what).startsWith(OverlayHarness.DIRECTORY.toString()));
        return !report.damages().isEmpty();
    }

    private static void assertOpensAsItWasOrIsFound(SimFileSpace damaged, List<Integer> good, String what)
            throws IOException {
        boolean found = isFound(damaged, what);
        if (!found) {
            assertThat(refusal(damaged, what)).as(what).isNull();
            assertThat(states(damaged)).as(what).isEqualTo(good);
        }
    }

    @Test
    void shouldFindEveryFlippedByteThatMattersInAClosedOverlay() throws IOException {
        SimFileSpace disk = closed();
        List<Integer> good = states(disk);
        assertThat(isFound(disk, "nothing")).isFalse();
        int positions = 0;
        for (String name : NAMES) {
            byte[] content = content(disk, name);
            for (int position = 0; position < content.length; position++) {
                if (isWorthIt(content, position)) {
                    assertOpensAsItWasOrIsFound(flipped(disk, name, position), good, name + ", byte " + position);
                    positions++;
                }
            }
        }
        assertThat(positions).isGreaterThan(500);
    }

    @Test
    void shouldFindEveryCutFileThatMattersInAClosedOverlay() throws IOException {
        SimFileSpace disk = closed();
        List<Integer> good = states(disk);
        for (String name : List.of("meta", "map0", "map1", "jrnl", "data")) {
            byte[] content = content(disk, name);
            for (int length = 0; length < content.length; length += isWorthIt(content, length) ? 29 : ZERO_STEP) {
                assertOpensAsItWasOrIsFound(
                        with(disk, name, content, length), good, name + " of " + length + " bytes");
            }
        }
    }

    @Test
    void shouldOpenWhereOnlyTheLabelOfTheDataIsDamagedOrWasNeverWritten() throws IOException {
        SimFileSpace disk = closed();
        List<Integer> good = states(disk);
        byte[] data = content(disk, "data");
        int label = PAGES * 4096;
        assertThat(data).hasSize(label + Header.LENGTH);
        for (int position = label; position < data.length; position += 5) {
            SimFileSpace damaged = flipped(disk, "data", position);
            assertThat(isFound(damaged, "byte " + position)).as("byte %d", position).isTrue();
            assertThat(states(damaged)).isEqualTo(good);
        }
        SimFileSpace old = with(disk, "data", data, label);
        assertThat(isFound(old, "without label")).isFalse();
        assertThat(states(old)).isEqualTo(good);
    }

    /** Of an overlay that was cut off, the last record may be taken for torn; never more than that is lost. */
    @Test
    void shouldOpenWithoutTheLastRecordOrSayWhatIsDamagedAfterACrash() throws IOException {
        SimFileSpace disk = cut();
        List<Integer> good = states(disk);
        List<Integer> withoutLast = new ArrayList<>(good);
        withoutLast.set(6, Overlay.ABSENT);
        int refused = 0;
        for (String name : NAMES) {
            byte[] content = content(disk, name);
            for (int position = 0; position < content.length; position += isWorthIt(content, position) ? 23 : 509) {
                String what = name + ", byte " + position;
                SimFileSpace damaged = flipped(disk, name, position);
                boolean found = isFound(damaged, what);
                if (refusal(damaged, what) != null) {
                    assertThat(found).as(what).isTrue();
                    refused++;
                } else {
                    assertThat(states(damaged)).as(what).isIn(good, withoutLast);
                }
            }
        }
        assertThat(refused).isGreaterThan(50);
    }

    @Test
    void shouldFindFilesOfAnotherOverlay() throws IOException {
        SimFileSpace disk = closed();
        OverlayHarness other = new OverlayHarness(new SimFileSpace(), PAGES);
        OverlayMeta meta = OverlayHarness.meta(PAGES);
        OverlayOpener opener = new OverlayOpener(other.disk(), OverlayHarness.DIRECTORY, OverlayHarness.SMALL,
                OverlayHarness.BUFFERS, Runnable::run);
        opener.openOrCreate(new OverlayMeta(new UUID(3, 4), meta.imageName(), meta.imageTag(),
                meta.layerIds(), meta.size(), "bob", 7)).files().close();
        for (String name : List.of("meta", "map0", "data")) {
            byte[] content = content(other.disk(), name);
            SimFileSpace mixed = with(disk, name, content, content.length);
            assertThat(refusal(mixed, name)).as(name).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("belongs to overlay");
            assertThat(isFound(mixed, name)).isTrue();
        }
    }
}
