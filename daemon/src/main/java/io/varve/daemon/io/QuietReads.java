package io.varve.daemon.io;

import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * {@link BlockFile#readQuietly} where the kernel does not help: for jobs that go through a whole file once, while
 * clients are served from the same page cache. What was in memory stays there, and what the job brought in goes again,
 * but for what a kernel reads ahead on its own from a part that was in memory.
 *
 * <p>Design note: a plain read followed by "do not need" would throw away exactly the pages that clients use most; so
 * what is in memory is found out first, by a read that does not wait. That read asks for one page and no more, and
 * reading ahead is off: a kernel starts to fetch what such a read did not find, and what it brings in could no longer
 * be told from what was there.
 *
 * <p>Stateless. Thread-safe because of that.
 */
final class QuietReads {

    /** Bytes that are read at once where something is not in memory: enough for a disk, and little to hold back. */
    private static final int STEP_LENGTH = 256 * 1024;

    private QuietReads() {}

    /** Fills the range, waiting if it must. */
    static void read(BlockFile file, long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        file.advise(BlockFile.Advice.RANDOM, 0, 0);
        int done = 0;
        while (done < length) {
            int page = Math.min(length - done, Pages.PAGE_SIZE);
            int count = file.readNow(position + done, destination, index + done, page);
            if (count == BlockSource.WOULD_BLOCK) {
                count = Math.min(STEP_LENGTH, length - done);
                file.read(position + done, destination, index + done, count);
                file.advise(BlockFile.Advice.DONT_NEED, position + done, count);
            }
            done += count;
        }
    }
}
