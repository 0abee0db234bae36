package io.varve.daemon.boot;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Pages that boots read, one after the other in the order of a boot, in a file: who wants them all has them in a few
 * long reads. A page has a slot, counted from the first one of the file.
 *
 * <p>Thread-safe because it keeps no position and its table does not change; the owner closes it once.
 */
public final class Pack implements AutoCloseable {

    private final BlockFile file;
    private final PackTable table;
    /** First pages of the ranges, sorted, and what belongs to each. */
    private final long[] starts;
    private final int[] counts;
    private final int[] firstSlots;
    /** By slot. */
    private final int[] slotOrder;
    private final List<PageRange> ranges;

    private Pack(BlockFile file, PackTable table) {
        this.file = file;
        this.table = table;
        this.ranges = table.ranges();
        final int rangeCount = ranges.size();
        this.slotOrder = new int[rangeCount];
        for (int i = 1; i < rangeCount; i++) {
            slotOrder[i] = slotOrder[i - 1] + ranges.get(i - 1).pageCount();
        }
        final Integer[] sorted = new Integer[rangeCount];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, Comparator.comparingLong(i -> ranges.get(i).pageIndex()));
        this.starts = Arrays.stream(sorted).mapToLong(i -> ranges.get(i).pageIndex()).toArray();
        this.counts = Arrays.stream(sorted).mapToInt(i -> ranges.get(i).pageCount()).toArray();
        this.firstSlots = Arrays.stream(sorted).mapToInt(i -> slotOrder[i]).toArray();
    }

    /**
     * @param subject what the pages are of
     * @return empty if there is none, or it is of another subject or a disk of another size
     * @throws CorruptDataException                        if the file is damaged
     * @throws io.varve.daemon.io.FormatVersionException   if another version wrote it
     */
    public static Optional<Pack> open(FileSpace files, Path path, String subject, long diskPageCount)
            throws IOException {
        final BlockFile file;
        try {
            file = files.open(path, OpenMode.READ);
        } catch (final NoSuchFileException ex) {
            return Optional.empty();
        }
        Pack pack = null;
        try {
            final PackTable table = PackTable.read(file);
            if (table.subject().equals(subject) && table.diskPageCount() == diskPageCount) {
                pack = new Pack(file, table);
            }
        } finally {
            if (pack == null) {
                file.close();
            }
        }
        return Optional.ofNullable(pack);
    }

    /** Pages in it. */
    public int pageCount() {
        return table.pageCount();
    }

    /** Bytes of the file. */
    public long length() {
        return table.dataPosition() + Pages.offset(table.pageCount());
    }

    /** @param pageIndex of the disk; -1 if the page is not in it */
    public int slot(long pageIndex) {
        final int found = Arrays.binarySearch(starts, pageIndex);
        final int range = found >= 0 ? found : -found - 2;
        return range < 0 || pageIndex - starts[range] >= counts[range]
                ? -1
                : firstSlots[range] + (int) (pageIndex - starts[range]);
    }

    /** Page of the disk. */
    public long pageIndex(int slot) {
        final int found = Arrays.binarySearch(slotOrder, slot);
        final int range = found >= 0 ? found : -found - 2;
        return ranges.get(range).pageIndex() + slot - slotOrder[range];
    }

    /** Reads pages, waiting for the disk; they do not stay in the page cache, because who reads them keeps them. */
    public void read(int firstSlot, int count, MutableDirectBuffer destination, int index) throws IOException {
        final long position = table.dataPosition() + Pages.offset(firstSlot);
        final int length = (int) Pages.offset(count);
        file.read(position, destination, index, length);
        file.advise(BlockFile.Advice.DONT_NEED, position, length);
    }

    /** @throws CorruptDataException if these are not the bytes that were packed */
    public void check(int slot, DirectBuffer page, int index) throws CorruptDataException {
        if (Crc32c.of(page, index, Pages.PAGE_SIZE) != table.crc(slot)) {
            throw new CorruptDataException(file.name(), table.dataPosition() + Pages.offset(slot),
                    "the checksum of a packed page is wrong");
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    @Override
    public String toString() {
        return file.name();
    }
}
