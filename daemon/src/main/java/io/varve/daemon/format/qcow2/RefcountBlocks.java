package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Places in a file that only grows, and how often each of its clusters is used, 16 bits each. A block of counts is
 * written as soon as nothing can be put into its part of the file any more, so that three blocks are kept at most.
 *
 * <p>Owned by the writer.
 */
final class RefcountBlocks {

    private static final int CLUSTER_BITS = Qcow2Writer.CLUSTER_BITS;
    private static final int CLUSTER_LENGTH = 1 << CLUSTER_BITS;
    private static final int COUNT_LENGTH = 2;
    /** Clusters per block: 2 GiB of the file. */
    private static final int COUNTS = CLUSTER_LENGTH / COUNT_LENGTH;

    private final BlockFile file;
    private final List<Long> written = new ArrayList<>();
    private final Deque<UnsafeBuffer> open = new ArrayDeque<>();
    private UnsafeBuffer last;
    private long end;

    RefcountBlocks(BlockFile file) {
        this.file = file;
    }

    /** Whole clusters at the end; returns their position. */
    long allocate(long clusterCount) throws IOException {
        writeFinished();
        end = aligned();
        long position = end;
        use(position, clusterCount << CLUSTER_BITS);
        return position;
    }

    /** Bytes at the end, which may share clusters with others; returns their position. */
    long append(int length) throws IOException {
        writeFinished();
        long position = end;
        use(position, length);
        return position;
    }

    private long aligned() {
        return end + CLUSTER_LENGTH - 1 & -CLUSTER_LENGTH;
    }

    private void use(long position, long length) {
        end = position + length;
        for (long cluster = position >>> CLUSTER_BITS; cluster <= end - 1 >>> CLUSTER_BITS; cluster++) {
            while (cluster / COUNTS >= written.size() + open.size()) {
                last = Buffers.alignedDirect(CLUSTER_LENGTH);
                open.add(last);
            }
            // Bytes that are appended begin in the block before at most, which is not written yet.
            UnsafeBuffer block = cluster / COUNTS == written.size() + open.size() - 1 ? last : blockOf(cluster);
            int index = (int) (cluster % COUNTS) * COUNT_LENGTH;
            block.putShort(index, (short) (block.getShort(index, BIG_ENDIAN) + 1), BIG_ENDIAN);
        }
    }

    private UnsafeBuffer blockOf(long cluster) {
        return open.stream().skip(cluster / COUNTS - written.size()).findFirst().orElseThrow();
    }

    /** Those that end before the block that the next byte goes to. */
    private void writeFinished() throws IOException {
        while (!open.isEmpty() && written.size() < (end >>> CLUSTER_BITS) / COUNTS) {
            end = aligned();
            long position = end;
            use(position, CLUSTER_LENGTH);
            writeFirst(position);
        }
    }

    private void writeFirst(long position) throws IOException {
        file.write(position, open.remove(), 0, CLUSTER_LENGTH);
        written.add(position);
    }

    /**
     * Writes what is left, and the table of all blocks.
     *
     * @return position and clusters of the table
     */
    long[] finish() throws IOException {
        long used = aligned() >>> CLUSTER_BITS;
        long blockCount = 0;
        long tableClusters = 0;
        long total = used;
        // Blocks and table count themselves.
        while (blockCount * COUNTS < total) {
            blockCount = (total + COUNTS - 1) / COUNTS;
            tableClusters = blockCount * Long.BYTES + CLUSTER_LENGTH - 1 >>> CLUSTER_BITS;
            total = used + blockCount - written.size() + tableClusters;
        }
        long table = used << CLUSTER_BITS;
        long blocks = table + (tableClusters << CLUSTER_BITS);
        use(table, total - used << CLUSTER_BITS);
        for (long position = blocks; !open.isEmpty(); position += CLUSTER_LENGTH) {
            writeFirst(position);
        }
        UnsafeBuffer entries = Buffers.alignedDirect((int) (tableClusters << CLUSTER_BITS));
        for (int i = 0; i < written.size(); i++) {
            entries.putLong(i * Long.BYTES, written.get(i), BIG_ENDIAN);
        }
        file.write(table, entries, 0, entries.capacity());
        return new long[] {table, tableClusters};
    }
}
