package io.varve.daemon.layer;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;

/** A disk in memory, changed at random; what layers must read as. */
final class TestDisk {

    final long size;
    final UnsafeBuffer bytes;

    private TestDisk(long size, UnsafeBuffer bytes) {
        this.size = size;
        this.bytes = bytes;
    }

    static TestDisk empty(long size) {
        return new TestDisk(size, Buffers.alignedDirect((int) Pages.offset(Pages.count(size))));
    }

    /** A disk as it may be some time later; larger or smaller, perhaps. */
    TestDisk changed(Random random, long newSize) {
        TestDisk next = empty(newSize);
        next.bytes.putBytes(0, bytes, 0, (int) Math.min(size, newSize));
        long pageCount = Pages.count(newSize);
        for (long page = random.nextInt(8); page < pageCount; page += random.nextInt(12)) {
            int count = (int) Math.min(1 + random.nextInt(20), pageCount - page);
            boolean zero = random.nextInt(3) == 0;
            for (int i = 0; i < count; i++, page++) {
                next.fill(page, zero ? 0 : random.nextLong());
            }
        }
        return next;
    }

    /** Fills a page, as far as the disk goes. */
    void fill(long page, long seed) {
        long from = Pages.offset(page);
        int length = (int) Math.min(Pages.PAGE_SIZE, size - from);
        byte[] content = new byte[length];
        if (seed != 0) {
            new Random(seed).nextBytes(content);
        }
        bytes.putBytes((int) from, content);
    }

    long pageCount() {
        return Pages.count(size);
    }

    byte[] range(long offset, int length) {
        byte[] range = new byte[length];
        bytes.getBytes((int) offset, range);
        return range;
    }
}
