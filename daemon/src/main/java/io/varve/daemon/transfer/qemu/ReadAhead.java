package io.varve.daemon.transfer.qemu;

import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.util.ArrayDeque;
import org.agrona.MutableDirectBuffer;

/**
 * Reads a disk forward, with several requests under way behind the one that is asked for.
 *
 * <p>Owned by the image that uses it.
 */
final class ReadAhead {

    private static final int REQUEST_LENGTH = 256 << 10;
    private static final int REQUEST_COUNT = 16;

    private final NbdClient client;
    private final Allocation allocation;
    private final ArrayDeque<Block> underWay = new ArrayDeque<>();
    private Block current = new Block(0, 0, 0);
    private byte[] bytes = {};
    /** Byte that the next request begins at, unless it is zero. */
    private long nextOffset;

    ReadAhead(NbdClient client, Allocation allocation) {
        this.client = client;
        this.allocation = allocation;
    }

    /** A request. Immutable. */
    private record Block(long cookie, long offset, int length) {

        long end() {
            return offset + length;
        }

        boolean holds(long byteOffset) {
            return byteOffset >= offset && byteOffset < end();
        }
    }

    void read(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        for (int done = 0; done < length; ) {
            long from = offset + done;
            if (!current.holds(from)) {
                moveTo(from, length - done);
            }
            int count = (int) Math.min(length - done, current.end() - from);
            destination.putBytes(index + done, bytes, (int) (from - current.offset), count);
            done += count;
        }
    }

    private void moveTo(long offset, int length) throws IOException {
        while (!underWay.isEmpty() && !current.holds(offset)) {
            current = underWay.poll();
            bytes = client.await(current.cookie).orThrow().data();
        }
        if (!current.holds(offset)) {
            submit(offset, Math.min(REQUEST_LENGTH, length));
            current = underWay.poll();
            bytes = client.await(current.cookie).orThrow().data();
        }
        submitMore();
    }

    private void submitMore() throws IOException {
        while (underWay.size() < REQUEST_COUNT) {
            long end = allocation.contentEnd(nextOffset);
            if (end == nextOffset) {
                nextOffset = allocation.nextContent(nextOffset);
                end = allocation.contentEnd(nextOffset);
            }
            if (end == nextOffset) {
                return;
            }
            submit(nextOffset, (int) Math.min(REQUEST_LENGTH, end - nextOffset));
        }
    }

    private void submit(long offset, int length) throws IOException {
        underWay.add(new Block(client.submit(NbdProtocol.CMD_READ, 0, offset, length), offset, length));
        nextOffset = offset + length;
    }
}
