package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checkpoints with regions of all kinds, in any order. */
class MapReaderTest {

    private static final UUID ID = new UUID(1, 2);
    private static final int REGIONS = 1111;
    /** The last region ends in the middle of a word. */
    private static final long PAGES = (long) (REGIONS - 1) * StateMap.REGION_PAGES + 100;
    private static final long SEED = 20261121;

    private BlockFile file;

    @BeforeEach
    void makeFile() throws IOException {
        file = new SimFileSpace().open(Path.of("/map"), OpenMode.CREATE_NEW);
    }

    @Test
    void shouldReadRegionsOfAllKinds() throws IOException {
        StateMap states = mixed();
        write(states);
        // Bits of two regions in nine, and the runs of all others in a few pages.
        assertThat(file.size()).isLessThan(MapFormat.fileLength(REGIONS, REGIONS * 2 / 9 + 20));
        requireSame(read(PAGES), states);
    }

    @Test
    void shouldChangeAndStoreAgainWhatItRead() throws IOException {
        StateMap states = mixed();
        Random random = new Random(SEED);
        for (int generation = 0; generation < 4; generation++) {
            write(states);
            StateMap original = read(PAGES);
            StateMap read = read(PAGES);
            StateSnapshot frozen = read.snapshot();
            for (int i = 0; i < 2000; i++) {
                long first = (long) (random.nextDouble() * PAGES);
                long count = 1 + (long) (random.nextDouble() * Math.min(PAGES - first, 1L << random.nextInt(16)));
                int state = 1 + random.nextInt(2);
                states.set(first, count, state);
                read.set(first, count, state);
            }
            requireSame(read, states);
            write(frozen);
            read.release();
            // What a snapshot froze is written as it was, though the map has changed since.
            requireSame(read(PAGES), original);
            write(read);
            requireSame(read(PAGES), states);
            states = generation % 2 == 0 ? original : read;
        }
    }

    private static void requireSame(StateMap read, StateMap states) {
        assertThat(read.storedRegionCount()).isEqualTo(states.storedRegionCount());
        assertThat(read.presentPageCount()).isEqualTo(states.presentPageCount());
        assertThat(read.count(Overlay.ABSENT)).isEqualTo(states.count(Overlay.ABSENT));
        assertThat(read.count(Overlay.ZERO)).isEqualTo(states.count(Overlay.ZERO));
        for (long page = 0; page < PAGES; ) {
            long run = states.runLength(page, PAGES);
            assertThat(read.state(page)).isEqualTo(states.state(page));
            assertThat(read.runLength(page, PAGES)).isEqualTo(run);
            assertThat(read.state(page + run - 1)).isEqualTo(states.state(page));
            page += run;
        }
    }

    @Test
    void shouldTakeNoCheckpointThatIsNotWhole() throws IOException {
        write(mixed());
        long end = file.size();
        Random random = new Random(SEED);
        // Of the last page only runs count, and how many these are is not known here.
        int used = (int) (end - MapFormat.storedPosition(REGIONS)) - MapFormat.BITS_LENGTH;
        int torn = 0;
        for (int i = 0; i < 50; i++) {
            long position = MapFormat.storedPosition(REGIONS) + random.nextInt(used);
            flip(position);
            torn += read(PAGES) == null ? 1 : 0;
            flip(position);
        }
        // What is behind the last runs of a page may be anything.
        assertThat(torn).isGreaterThan(40);
        assertThat(read(PAGES)).isNotNull();
        file.truncate(end - 1);
        assertThat(read(PAGES)).isNull();
    }

    @Test
    void shouldNameWhatMakesNoSense() throws IOException {
        StateMap states = new StateMap(2L * StateMap.REGION_PAGES + 100);
        states.set(7, 3, Overlay.PRESENT);
        scatter(states, StateMap.REGION_PAGES);
        states.set(2L * StateMap.REGION_PAGES, 100, Overlay.PRESENT);
        write(states);
        file.truncate(file.size() + MapFormat.BITS_LENGTH);
        long runs = MapFormat.storedPosition(3);
        long bits = runs + MapFormat.BITS_LENGTH;
        int entry = MapFormat.INDEX_POSITION;

        requireCorrupt(runs, 2, 0xff, 0, 6, runs, "3 runs of pages that make no sense");
        requireCorrupt(bits, 17, 0xc0, 1, MapFormat.BITS_LENGTH, bits + 16, "a state that does not exist");
        requireCorrupt(runs + 6, 2, 101, 2, 4, runs + 6, "2 runs of pages that make no sense");
        requireCorrupt(entry, 12, 4, -1, 0, runs, "4 runs of pages that make no sense");
        requireCorrupt(entry, 12, 0, -1, 0, entry, "makes no sense");
        requireCorrupt(entry, 13, 2, -1, 0, entry, "makes no sense");
        requireCorrupt(entry + 16, 12, 1, -1, 0, entry + 16, "makes no sense");
        requireCorrupt(entry, 4, 4, -1, 0, entry, "makes no sense");
        requireCorrupt(entry, 0, 1, -1, 0, entry + 16, "makes no sense");
        requireCorrupt(0, MapFormat.STORED_COUNT_OFFSET, 1, -1, 0, MapFormat.STORED_COUNT_OFFSET, "needs more");
        requireCorrupt(0, MapFormat.STORED_COUNT_OFFSET, 3, -1, 0, MapFormat.STORED_COUNT_OFFSET, "1 more than");
        assertThat(read(states.pageCount())).isNotNull();
    }

    private static StateMap mixed() {
        StateMap states = new StateMap(PAGES);
        Random random = new Random(SEED);
        states.set(PAGES - 1, 1, Overlay.PRESENT);
        for (int region = 0; region < REGIONS - 1; region++) {
            long first = (long) region * StateMap.REGION_PAGES;
            switch (region % 9) {
                case 0 -> states.set(first, StateMap.REGION_PAGES, Overlay.ZERO);
                case 1 -> { }
                case 2, 7 -> scatter(states, first);
                case 3 -> states.set(first, StateMap.REGION_PAGES, Overlay.PRESENT);
                default -> {
                    for (int i = random.nextInt(50); i >= 0; i--) {
                        states.set(first + random.nextInt(16000), 1 + random.nextInt(300), 1 + random.nextInt(2));
                    }
                }
            }
        }
        return states;
    }

    /** Every other page of some, so that bits are shorter than runs. */
    private static void scatter(StateMap states, long first) {
        for (int page = 1; page < 1000; page += 2) {
            states.set(first + page, 1, Overlay.PRESENT);
        }
    }

    private void write(StateMap states) throws IOException {
        write(states.snapshot());
        states.release();
    }

    private void write(StateSnapshot states) throws IOException {
        new MapWriter(file, Buffers.alignedDirect(1 << 16)).write(ID, new MapSlot(7, 1, 0, 0, 0, 0), states);
    }

    private StateMap read(long pageCount) throws IOException {
        MapReader reader = new MapReader(file, ID, pageCount);
        assertThat(reader.readHeader()).isNotNull();
        return reader.readStates();
    }

    /**
     * Changes one byte, and all checksums above it.
     *
     * @param entry  whose checksum is of the {@code length} bytes from {@code begin} on; -1 if none is
     * @param wanted position that must be named
     */
    private void requireCorrupt(long begin, int octet, int value, int entry, int length, long wanted, String what)
            throws IOException {
        UnsafeBuffer whole = Buffers.alignedDirect((int) file.size());
        file.read(0, whole, 0, whole.capacity());
        UnsafeBuffer changed = Buffers.alignedDirect(whole.capacity());
        changed.putBytes(0, whole, 0, whole.capacity());
        changed.putByte((int) begin + octet, (byte) value);
        int index = MapFormat.INDEX_POSITION;
        if (entry >= 0) {
            changed.putInt(index + entry * MapFormat.ENTRY_LENGTH + MapFormat.ENTRY_CRC_OFFSET,
                    Crc32c.of(changed, (int) begin, length), LITTLE_ENDIAN);
        } else if (begin == index) {
            changed.putInt(index + MapFormat.ENTRY_CRC_OFFSET, Crc32c.of(changed, (int) MapFormat.storedPosition(3),
                    RegionRuns.RUN_LENGTH * changed.getInt(index + MapFormat.ENTRY_RUNS_OFFSET, LITTLE_ENDIAN) % 4096),
                    LITTLE_ENDIAN);
        }
        int crc = Crc32c.of(changed, index, MapFormat.TRAILER_CRC_OFFSET);
        changed.putInt(index + MapFormat.TRAILER_CRC_OFFSET, crc, LITTLE_ENDIAN);
        Header header = new Header(changed, 0);
        header.putInt(MapFormat.INDEX_DIGEST_OFFSET, MapFormat.digest(0, crc, Buffers.alignedDirect(Long.BYTES)));
        header.seal();
        file.write(0, changed, 0, changed.capacity());
        assertThatThrownBy(() -> read(2L * StateMap.REGION_PAGES + 100)).as(what)
                .isInstanceOfSatisfying(CorruptDataException.class, e -> assertThat(e.position()).isEqualTo(wanted))
                .hasMessageContaining("/map").hasMessageContaining(what);
        file.write(0, whole, 0, whole.capacity());
    }

    private void flip(long position) throws IOException {
        UnsafeBuffer octet = Buffers.alignedDirect(1);
        file.read(position, octet, 0, 1);
        octet.putByte(0, (byte) ~octet.getByte(0));
        file.write(position, octet, 0, 1);
    }
}
