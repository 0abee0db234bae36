package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.PackWriter;
import io.varve.daemon.boot.PageRange;
import io.varve.daemon.boot.TestWaves;
import io.varve.daemon.boot.WaveMemory;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A wave that reads ahead from a pack. */
class PackedReadsTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 1000;
    private static final Path PACK = Path.of("/image.pack");
    /** Scattered, and in another order than on the disk. */
    private static final List<PageRange> BOOT =
            List.of(new PageRange(900, 20), new PageRange(100, 200), new PageRange(50, 1), new PageRange(400, 60));
    private static final int BOOT_PAGES = 281;

    private final SimFileSpace files = new SimFileSpace();
    private final FakeLayers layers = FakeLayers.random(PAGES, new Random(4));
    private final WaveMemory memory = TestWaves.memory(4000, files, PACK, "subject", PAGES);
    private DiskCore core;
    private int dataPages;

    @BeforeEach
    void open() {
        final DiskParts parts = new DiskParts(DiskFixture.info((long) PAGES * PAGE), 7, layers.snapshot(), null,
                loader -> TestWaves.tracker(memory));
        core = new DiskCore(parts, task -> { }, task -> { }, Counters.anonymous(), () -> { });
        layers.residency(length -> 0);
        for (final PageRange range : BOOT) {
            for (long page = range.pageIndex(); page < range.pageIndex() + range.pageCount(); page++) {
                dataPages += layers.isData(page) ? 1 : 0;
            }
        }
    }

    @Test
    void shouldReadNothingFromBlobsThatAreCold() throws IOException {
        pack(layers.content());
        load();
        assertThat(bytesRead()).isZero();
        assertThat(TestWaves.packedPages(memory)).isEqualTo(dataPages);
        requireRightBytesNow();
    }

    @Test
    void shouldLeaveThePackAloneOnAWarmMachine() throws IOException {
        pack(layers.content());
        layers.residency(length -> length);
        load();
        assertThat(TestWaves.packedPages(memory)).isZero();
        assertThat(bytesRead()).isGreaterThanOrEqualTo((long) dataPages * PAGE);
    }

    @Test
    void shouldReadFromBlobsWhatThePackHasOtherwise() throws IOException {
        final byte[] other = layers.content().clone();
        int changed = 0;
        for (int page = 110; page < 130; page++) {
            other[page * PAGE + 17]++;
            changed += layers.isData(page) ? 1 : 0;
        }
        assertThat(changed).isPositive();
        pack(other);
        load();
        assertThat(TestWaves.packedPages(memory)).isEqualTo(dataPages - changed);
        assertThat(bytesRead()).isBetween((long) changed * PAGE, 200L * PAGE);
        layers.residency(length -> length);
        requireRightBytesNow();
    }

    @Test
    void shouldGoOnWithoutAPackThatIsDamaged() throws IOException {
        pack(layers.content());
        final UnsafeBuffer one = Buffers.alignedDirect(1);
        try (BlockFile file = files.open(PACK, OpenMode.READ_WRITE)) {
            final long position = file.size() - 100L * PAGE;
            file.read(position, one, 0, 1);
            one.putByte(0, (byte) (one.getByte(0) + 1));
            file.write(position, one, 0, 1);
        }
        load();
        assertThat(TestWaves.packFailed(memory)).isTrue();
        layers.residency(length -> length);
        requireRightBytesNow();
        final long before = bytesRead();
        load();
        assertThat(bytesRead()).isGreaterThan(before);
    }

    @Test
    void shouldGoOnWithoutAPackThatIsNotThere() throws IOException {
        load();
        assertThat(bytesRead()).isEqualTo((long) dataPages * PAGE);
        assertThat(TestWaves.packFailed(memory)).isFalse();
    }

    private void load() throws IOException {
        core.loader().load(BOOT, memory);
    }

    private long bytesRead() {
        return layers.blobAt(0).bytesRead + layers.blobAt(1).bytesRead;
    }

    private void requireRightBytesNow() {
        final TestOwner owner = new TestOwner();
        final Disk disk = core.connect();
        disk.attach(owner);
        for (final PageRange range : BOOT) {
            final int length = range.pageCount() * PAGE;
            final TestReply reply = new TestReply(length);
            disk.read(range.pageIndex() * PAGE, length, 0, reply);
            assertThat(reply.done()).isTrue();
            final int from = (int) range.pageIndex() * PAGE;
            assertThat(Arrays.equals(reply.payload(), Arrays.copyOfRange(layers.content(), from, from + length)))
                    .isTrue();
        }
    }

    private void pack(byte[] content) throws IOException {
        try (PackWriter writer = new PackWriter(files, Path.of("/image.pack.new"), "subject", PAGES, BOOT,
                (offset, destination, index, length) -> destination.putBytes(index, content, (int) offset, length))) {
            while (writer.step()) {
                assertThat(writer.pageCount()).isEqualTo(BOOT_PAGES);
            }
            writer.finish(PACK);
        }
    }
}
