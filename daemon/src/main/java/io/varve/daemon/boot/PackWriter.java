package io.varve.daemon.boot;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a pack in steps of 1 MiB, under another name until it is whole and durable.
 *
 * <p>Owned by the thread that runs a step.
 */
public final class PackWriter implements Closeable {

    private static final int STEP_PAGES = 1 << (20 - Pages.PAGE_SHIFT);

    private final FileSpace files;
    private final Path temporary;
    private final PackTable table;
    private final PageReader pages;
    private final BlockFile file;
    private final UnsafeBuffer buffer = Buffers.alignedDirect((int) Pages.offset(STEP_PAGES));
    private int range;
    private int inRange;
    private int slot;
    private boolean whole;

    /** Reads the disk whose pages are packed, from checked sources, waiting if it must. */
    @FunctionalInterface
    public interface PageReader {
        void read(long offset, MutableDirectBuffer destination, int index, int length) throws IOException;
    }

    /**
     * @param temporary in the directory of the pack to be; replaced if it exists
     * @param subject   what the pages are of; ASCII, 1 to 256 characters
     * @param ranges    in the order of a boot; at least one
     */
    public PackWriter(FileSpace files, Path temporary, String subject, long diskPageCount, List<PageRange> ranges,
            PageReader pages) throws IOException {
        this.files = files;
        this.temporary = temporary;
        this.table = new PackTable(subject, diskPageCount, ranges);
        this.pages = pages;
        files.delete(temporary);
        this.file = files.open(temporary, OpenMode.CREATE_NEW);
    }

    /** @return whether there is more to do */
    public boolean step() throws IOException {
        int count = 0;
        while (count < STEP_PAGES && range < table.ranges().size()) {
            final PageRange next = table.ranges().get(range);
            final int taken = Math.min(STEP_PAGES - count, next.pageCount() - inRange);
            pages.read(Pages.offset(next.pageIndex() + inRange), buffer, (int) Pages.offset(count),
                    (int) Pages.offset(taken));
            count += taken;
            inRange += taken;
            if (inRange == next.pageCount()) {
                range++;
                inRange = 0;
            }
        }
        for (int i = 0; i < count; i++) {
            table.setCrc(slot + i, Crc32c.of(buffer, (int) Pages.offset(i), Pages.PAGE_SIZE));
        }
        final long position = table.dataPosition() + Pages.offset(slot);
        file.write(position, buffer, 0, (int) Pages.offset(count));
        slot += count;
        if (slot < table.pageCount()) {
            return true;
        }
        file.sync();
        // Nobody reads it before the next boot, and then from the disk.
        file.advise(BlockFile.Advice.DONT_NEED, 0, position + Pages.offset(count));
        return false;
    }

    /** Puts the pack durably in place, in one step. After the last {@link #step}. */
    public void finish(Path path) throws IOException {
        final UnsafeBuffer header = table.encode();
        file.write(0, header, 0, header.capacity());
        file.sync();
        files.rename(temporary, path);
        whole = true;
        files.syncDirectory(path.getParent());
    }

    /** Pages in it. */
    public int pageCount() {
        return table.pageCount();
    }

    /** Leaves nothing behind if it was not finished. */
    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            if (!whole) {
                files.delete(temporary);
            }
        }
    }
}
