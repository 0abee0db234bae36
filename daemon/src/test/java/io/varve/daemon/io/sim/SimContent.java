package io.varve.daemon.io.sim;

import java.util.Arrays;
import java.util.TreeMap;

/**
 * Size and bytes of a file at one moment. Pages are replaced, never changed, so that copies share them.
 *
 * <p>Owned by its file.
 */
final class SimContent {

    static final int PAGE = 4096;
    /** An allocated page of zeros; one that is not allocated is not in the map. */
    private static final byte[] ZEROS = new byte[PAGE];

    private final TreeMap<Long, byte[]> pages;
    private long size;

    SimContent() {
        pages = new TreeMap<>();
    }

    private SimContent(SimContent other) {
        pages = new TreeMap<>(other.pages);
        size = other.size;
    }

    SimContent copy() {
        return new SimContent(this);
    }

    long size() {
        return size;
    }

    int allocatedPages() {
        return pages.size();
    }

    /** First byte that differs; -1 if there is none. Costs what is allocated, not what is long. */
    long mismatch(SimContent other) {
        TreeMap<Long, byte[]> all = new TreeMap<>(pages);
        all.putAll(other.pages);
        for (long page : all.keySet()) {
            int at = Arrays.mismatch(pages.getOrDefault(page, ZEROS), other.pages.getOrDefault(page, ZEROS));
            if (at >= 0) {
                return page * PAGE + at;
            }
        }
        return size == other.size ? -1 : Math.min(size, other.size);
    }

    /** Pages of the range that writing it would allocate. */
    int missingPages(long position, long length) {
        if (length == 0) {
            return 0;
        }
        long first = position / PAGE;
        long last = (position + length - 1) / PAGE;
        return (int) (last - first + 1) - pages.subMap(first, true, last, true).size();
    }

    void read(long position, byte[] destination) {
        for (int done = 0; done < destination.length; ) {
            long at = position + done;
            int inPage = (int) (at % PAGE);
            int count = Math.min(PAGE - inPage, destination.length - done);
            byte[] page = pages.get(at / PAGE);
            if (page != null) {
                System.arraycopy(page, inPage, destination, done, count);
            }
            done += count;
        }
    }

    void write(long position, byte[] bytes, int index, int length) {
        for (int done = 0; done < length; ) {
            long at = position + done;
            int inPage = (int) (at % PAGE);
            int count = Math.min(PAGE - inPage, length - done);
            byte[] page = pages.getOrDefault(at / PAGE, ZEROS).clone();
            System.arraycopy(bytes, index + done, page, inPage, count);
            pages.put(at / PAGE, page);
            done += count;
        }
        grow(position + length);
    }

    /** @param allocate whether whole pages get, or lose, their space */
    void zero(long position, long length, boolean allocate) {
        long end = Math.min(position + length, size);
        for (long at = position; at < end; ) {
            int inPage = (int) (at % PAGE);
            int count = (int) Math.min(PAGE - inPage, end - at);
            if (count == PAGE && allocate) {
                pages.put(at / PAGE, ZEROS);
            } else if (count == PAGE) {
                pages.remove(at / PAGE);
            } else if (allocate || pages.containsKey(at / PAGE)) {
                byte[] page = pages.getOrDefault(at / PAGE, ZEROS).clone();
                Arrays.fill(page, inPage, inPage + count, (byte) 0);
                pages.put(at / PAGE, page);
            }
            at += count;
        }
    }

    void truncate(long newSize) {
        if (newSize < size) {
            zero(newSize, size - newSize, false);
            pages.tailMap((newSize + PAGE - 1) / PAGE).clear();
        }
        size = newSize;
    }

    void grow(long minimum) {
        size = Math.max(size, minimum);
    }
}
