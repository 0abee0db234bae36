package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PackTest {

    private static final int PAGE = Pages.PAGE_SIZE;
    private static final long DISK_PAGES = 100_000;
    private static final Path FILE = Path.of("/images/win.pack");
    private static final Path TEMPORARY = Path.of("/images/win.pack.new");
    private static final List<PageRange> RANGES =
            List.of(new PageRange(500, 300), new PageRange(7, 1), new PageRange(90_000, 40), new PageRange(8, 2));

    private final SimFileSpace files = new SimFileSpace();

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(FILE.getParent());
        files.syncDirectory(FILE.getParent().getParent());
    }

    @Test
    void shouldHoldPagesInTheOrderOfTheRanges() throws IOException {
        write(1);
        try (Pack pack = open().orElseThrow()) {
            assertThat(pack.pageCount()).isEqualTo(343);
            int slot = 0;
            final UnsafeBuffer page = Buffers.alignedDirect(PAGE);
            for (final PageRange range : RANGES) {
                for (long i = range.pageIndex(); i < range.pageIndex() + range.pageCount(); i++, slot++) {
                    assertThat(pack.slot(i)).isEqualTo(slot);
                    assertThat(pack.pageIndex(slot)).isEqualTo(i);
                    pack.read(slot, 1, page, 0);
                    pack.check(slot, page, 0);
                    assertThat(page.getLong(8)).isEqualTo(i);
                }
            }
            for (final long other : new long[] {0, 6, 10, 499, 800, 89_999, 90_040, DISK_PAGES}) {
                assertThat(pack.slot(other)).isEqualTo(-1);
            }
            assertThat(pack.length()).isEqualTo(files.size(FILE));
        }
        assertThat(files.exists(TEMPORARY)).isFalse();
    }

    @Test
    void shouldBeOfNoUseForAnotherContent() throws IOException {
        write(1);
        assertThat(Pack.open(files, FILE, "other", DISK_PAGES)).isEmpty();
        assertThat(Pack.open(files, FILE, "subject", DISK_PAGES + 1)).isEmpty();
        assertThat(Pack.open(files, Path.of("/images/none.pack"), "subject", DISK_PAGES)).isEmpty();
    }

    /** Whatever bit is wrong: the table is refused, or the page is. */
    @Test
    void shouldRefuseWhatIsDamaged() throws IOException {
        write(1);
        final UnsafeBuffer whole = bytes();
        final long seed = 3;
        final Random random = new Random(seed);
        final int dataPosition = whole.capacity() - 343 * PAGE;
        for (int i = 0; i < 300; i++) {
            final int position = i < 100 ? i : random.nextInt(whole.capacity());
            final byte right = whole.getByte(position);
            replace(position, (byte) (right ^ 1 << random.nextInt(8)));
            try (Pack pack = open().orElse(null)) {
                if (position >= dataPosition) {
                    final UnsafeBuffer page = Buffers.alignedDirect(PAGE);
                    final int slot = (position - dataPosition) / PAGE;
                    pack.read(slot, 1, page, 0);
                    assertThatThrownBy(() -> pack.check(slot, page, 0)).isInstanceOf(CorruptDataException.class);
                } else {
                    assertThat(position).as("only what is not used may differ")
                            .isGreaterThanOrEqualTo(32 + 7 + 4 * 16 + 343 * 4 + 4);
                }
            } catch (final CorruptDataException | FormatVersionException ex) {
                assertThat(position).isLessThan(dataPosition);
            }
            replace(position, right);
        }
    }

    @Test
    void shouldRefuseAFileThatIsCutOrLonger() throws IOException {
        write(1);
        final long size = files.size(FILE);
        for (final long length : new long[] {0, 1, 31, 32, 100, PAGE, size - PAGE, size - 1, size + 1}) {
            try (BlockFile file = files.open(FILE, OpenMode.READ_WRITE)) {
                file.truncate(length);
            }
            assertThatThrownBy(this::open).as("%d bytes", length).isInstanceOf(CorruptDataException.class);
            write(1);
        }
    }

    @Test
    void shouldLeaveNothingBehindWhereThePagesCannotBeRead() throws IOException {
        try (PackWriter writer = new PackWriter(files, TEMPORARY, "subject", DISK_PAGES, RANGES,
                (offset, destination, index, length) -> {
                    throw new IOException("broken");
                })) {
            assertThatThrownBy(writer::step).isInstanceOf(IOException.class);
        }
        assertThat(files.exists(TEMPORARY)).isFalse();
        assertThat(files.exists(FILE)).isFalse();
    }

    /** After a power cut at any call: no pack, the old one, or the new one, each whole. */
    @Test
    void shouldBeWholeOrNotThereAfterAPowerCut() throws IOException {
        final boolean[] oldWritten = new boolean[1];
        final boolean[] newWritten = new boolean[1];
        final PowerCuts cuts = new PowerCuts(24, 11, image -> examine(image, oldWritten[0], newWritten[0]));
        cuts.watch(files);
        write(1);
        oldWritten[0] = true;
        write(2);
        newWritten[0] = true;
        cuts.cutAtEnd(files);
        assertThat(cuts.imageCount()).isGreaterThan(100);
    }

    private static void examine(SimFileSpace image, boolean oldWritten, boolean newWritten) throws IOException {
        try (Pack pack = Pack.open(image, FILE, "subject", DISK_PAGES).orElse(null)) {
            if (pack == null) {
                assertThat(oldWritten).as("it was durable").isFalse();
                return;
            }
            final UnsafeBuffer pages = Buffers.alignedDirect(343 * PAGE);
            pack.read(0, 343, pages, 0);
            final long generation = pages.getLong(0);
            for (int slot = 0; slot < 343; slot++) {
                pack.check(slot, pages, slot * PAGE);
                assertThat(pages.getLong(slot * PAGE)).isEqualTo(generation);
            }
            assertThat(newWritten && generation == 1).as("the new one was durable").isFalse();
        }
    }

    private void write(long generation) throws IOException {
        try (PackWriter writer = new PackWriter(files, TEMPORARY, "subject", DISK_PAGES, RANGES,
                (offset, destination, index, length) -> fill(generation, offset, destination, index, length))) {
            int steps = 1;
            while (writer.step()) {
                steps++;
            }
            assertThat(steps).as("of 1 MiB").isEqualTo(2);
            writer.finish(FILE);
        }
    }

    private static void fill(long generation, long offset, MutableDirectBuffer destination, int index, int length) {
        for (int done = 0; done < length; done += PAGE) {
            destination.setMemory(index + done, PAGE, (byte) (offset + done >>> 12));
            destination.putLong(index + done, generation);
            destination.putLong(index + done + 8, Pages.index(offset + done));
        }
    }

    private Optional<Pack> open() throws IOException {
        return Pack.open(files, FILE, "subject", DISK_PAGES);
    }

    private UnsafeBuffer bytes() throws IOException {
        try (BlockFile file = files.open(FILE, OpenMode.READ)) {
            final UnsafeBuffer all = Buffers.alignedDirect((int) file.size());
            file.read(0, all, 0, all.capacity());
            return all;
        }
    }

    private void replace(int position, byte value) throws IOException {
        final UnsafeBuffer one = Buffers.alignedDirect(1);
        one.putByte(0, value);
        try (BlockFile file = files.open(FILE, OpenMode.READ_WRITE)) {
            file.write(position, one, 0, 1);
        }
    }
}
