package io.varve.perf.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SortedSet;

/**
 * Content in which each page says which one it is: every eight bytes of a page are a number made of the page, of their
 * place in it, and of a seed.
 *
 * <p>Immutable.
 */
record BootImage(long seed) {

    private static final int WORDS = BootTrace.PAGE_SIZE / Long.BYTES;
    /** Pages at a time, so that what lies between the pages of the trace is not a hole either: 64 KiB. */
    static final int GROUP_PAGES = 16;

    /**
     * Makes a raw file: data in some pages and around them, holes elsewhere.
     *
     * @param pages ascending
     * @param size  bytes, behind the last page
     */
    void write(Path file, SortedSet<Long> pages, long size) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long written = 0;
            ByteBuffer group = ByteBuffer.allocateDirect(GROUP_PAGES * BootTrace.PAGE_SIZE);
            for (long page : pages) {
                long start = page / GROUP_PAGES * GROUP_PAGES * BootTrace.PAGE_SIZE;
                if (start < written) {
                    continue;
                }
                group.clear().limit((int) Math.min(group.capacity(), size - start));
                for (long offset = start; group.hasRemaining(); offset += Long.BYTES) {
                    group.putLong(word(offset));
                }
                group.flip();
                written = start + group.limit();
                while (group.hasRemaining()) {
                    channel.write(group, start + group.position());
                }
            }
            if (channel.size() < size) {
                channel.write(ByteBuffer.allocate(1), size - 1);
            }
        }
    }

    /** @param offset of eight bytes of the disk, a multiple of eight */
    long word(long offset) {
        // The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
        long z = seed + offset * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /**
     * Whether bytes are those of the disk. Looks at the first and the last eight of each page, because two hundred
     * clients check on the processors that the server needs.
     */
    boolean isRight(long offset, byte[] data) {
        ByteBuffer bytes = ByteBuffer.wrap(data);
        long end = offset + data.length;
        long page = offset / BootTrace.PAGE_SIZE * BootTrace.PAGE_SIZE;
        for (; page < end; page += BootTrace.PAGE_SIZE) {
            if (!isRightAt(page, offset, bytes)
                    || !isRightAt(page + (WORDS - 1) * Long.BYTES, offset, bytes)) {
                return false;
            }
        }
        return true;
    }

    private boolean isRightAt(long word, long offset, ByteBuffer bytes) {
        long index = word - offset;
        return index < 0 || index > bytes.capacity() - Long.BYTES || bytes.getLong((int) index) == word(word);
    }
}
