package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the pages behind the index of a checkpoint one after the other, and answers the bits of the regions that they
 * hold.
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class RegionReader {

    private static final int PAGE_LENGTH = MapFormat.BITS_LENGTH;
    /** Pages that are read at once: 256 KiB. */
    private static final int WINDOW_PAGES = 64;
    private static final long LOW_BITS = StateMap.pattern(1);

    private final BlockFile file;
    private final long firstPosition;
    private final int pageCount;
    private final UnsafeBuffer window;
    private final UnsafeBuffer runPage = Buffers.alignedDirect(PAGE_LENGTH);
    /** The bits of one region, for checks of every word, which are fast on arrays also in code that just started. */
    private final long[] words = new long[StateMap.WORD_COUNT];
    private int nextPage;
    /** Where the page with runs lies in the file, and where in it the next ones are. */
    private long runPosition;
    private int runOffset = PAGE_LENGTH;

    /**
     * @param firstPosition of the pages
     * @param pageCount     the file is long enough for so many
     */
    RegionReader(BlockFile file, long firstPosition, int pageCount) {
        this.file = file;
        this.firstPosition = firstPosition;
        this.pageCount = pageCount;
        this.window = Buffers.alignedDirect(Math.min(WINDOW_PAGES, Math.max(1, pageCount)) * PAGE_LENGTH);
    }

    /** The bits that were read last, until the next ones are. */
    long[] words() {
        return words;
    }

    /** Pages that no region has asked for. */
    int restCount() {
        return pageCount - nextPage;
    }

    /**
     * Reads the bits of the next region.
     *
     * @param pages of the region that the disk has
     * @return how many of its pages are PRESENT; -1 if the checksum is another: it was not completely written
     * @throws CorruptDataException if there are no more pages, or states make no sense
     */
    int readBits(int checksum, int pages) throws IOException {
        int at = readPage();
        if (Crc32c.of(window, at, PAGE_LENGTH) != checksum) {
            return -1;
        }
        window.byteBuffer().duplicate().order(LITTLE_ENDIAN).asLongBuffer().get(at / Long.BYTES, words);
        int present = presentPages(words);
        if (present < 0) {
            throw corrupt(position(nextPage - 1) + positionOfImpossibleState(), "a page has a state that does not"
                    + " exist");
        }
        requireNothingBehind(pages);
        return present;
    }

    private void requireNothingBehind(int pages) throws CorruptDataException {
        for (int word = pages >>> 5; word < words.length; word++) {
            int firstBehind = Math.max(pages, word << 5);
            if (words[word] >>> (firstBehind << 1) != 0) {
                throw corrupt(position(nextPage - 1) + (firstBehind >>> 2), "a page behind the end of the disk has a"
                        + " state");
            }
        }
    }

    /**
     * Reads the next region into a table of runs.
     *
     * @param count 1 to {@link RegionRuns#MAX_COUNT}
     * @param pages of the region that the disk has
     * @return false if the checksum is another: it was not completely written
     * @throws CorruptDataException if there are no more pages, or the runs make no sense
     */
    boolean readRuns(int count, int checksum, int pages, RegionRuns to) throws IOException {
        int length = count * RegionRuns.RUN_LENGTH;
        if (length > PAGE_LENGTH - runOffset) {
            runPosition = position(nextPage);
            runPage.putBytes(0, window, readPage(), PAGE_LENGTH);
            runOffset = 0;
        }
        if (Crc32c.of(runPage, runOffset, length) != checksum) {
            return false;
        }
        if (!to.add(runPage, runOffset, count, pages)) {
            throw corrupt(runPosition + runOffset, count + " runs of pages that make no sense");
        }
        runOffset += length;
        return true;
    }

    /** @return where it is in the window */
    private int readPage() throws IOException {
        if (nextPage == pageCount) {
            throw corrupt(MapFormat.STORED_COUNT_OFFSET, "the index needs more than the " + pageCount + " pages that"
                    + " it counts");
        }
        int windowPages = window.capacity() / PAGE_LENGTH;
        int inWindow = nextPage % windowPages;
        if (inWindow == 0) {
            file.read(position(nextPage), window, 0, Math.min(windowPages, restCount()) * PAGE_LENGTH);
        }
        nextPage++;
        return inWindow * PAGE_LENGTH;
    }

    private long position(int page) {
        return firstPosition + (long) page * PAGE_LENGTH;
    }

    /** -1 if there is a state that does not exist. */
    private static int presentPages(long[] words) {
        long impossible = 0;
        int present = 0;
        for (long word : words) {
            impossible |= word & word >>> 1;
            present += Long.bitCount(word & LOW_BITS);
        }
        return (impossible & LOW_BITS) == 0 ? present : -1;
    }

    private int positionOfImpossibleState() {
        int word = 0;
        while ((words[word] & words[word] >>> 1 & LOW_BITS) == 0) {
            word++;
        }
        return word * Long.BYTES;
    }

    private CorruptDataException corrupt(long position, String what) {
        return new CorruptDataException(file.name(), position, what);
    }
}
