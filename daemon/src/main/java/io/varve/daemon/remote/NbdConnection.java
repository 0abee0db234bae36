package io.varve.daemon.remote;

import io.varve.nbd.client.BlockSizes;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.Completion;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdException;
import io.varve.nbd.client.ServerExport;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * One connection to an NBD server, with several requests of one read under way.
 *
 * <p>Owned by the thread that has taken it from the pool; {@link #close} by any thread ends its wait.
 */
final class NbdConnection implements AutoCloseable {

    /** Bytes of a request at most: large enough for any line with so many of them, small enough for the heap. */
    private static final int REQUEST_LENGTH = 256 << 10;
    private static final int REQUEST_COUNT = 16;

    private final TimedChannel channel;
    private final NbdClient client;
    private final long alignment;
    private final long requestLength;

    /**
     * Enters transmission.
     *
     * @param channel connected; closed with this, not if this fails
     */
    NbdConnection(TimedChannel channel, String export) throws IOException {
        this.channel = channel;
        this.client = NbdClient.connect(channel, new ClientOptions(export, ReplyStyle.STRUCTURED, List.of()));
        BlockSizes sizes = client.export().blockSizes();
        this.alignment = sizes.minimum();
        long most = Math.min(sizes.maximumPayload(), REQUEST_LENGTH);
        this.requestLength = most - most % alignment;
    }

    ServerExport export() {
        return client.export();
    }

    /** A request that has been sent. Immutable. */
    private record Piece(long cookie, long position) {}

    /**
     * @param endNs {@link System#nanoTime} at which to give up
     * @throws NbdException if the server says no; the connection stays usable. After any other exception it is not
     */
    void read(ByteRange range, MutableDirectBuffer destination, int index, long endNs) throws IOException {
        channel.setEnd(endNs);
        long next = range.position() - range.position() % alignment;
        // Inside of the export, whose size is a multiple.
        long end = (range.last() / alignment + 1) * alignment;
        ArrayDeque<Piece> underWay = new ArrayDeque<>();
        Completion failed = null;
        while (true) {
            while (failed == null && next < end && underWay.size() < REQUEST_COUNT) {
                long length = Math.min(requestLength, end - next);
                underWay.add(new Piece(client.submit(NbdProtocol.CMD_READ, 0, next, length), next));
                next += length;
            }
            Piece piece = underWay.poll();
            if (piece == null) {
                break;
            }
            Completion completion = client.await(piece.cookie);
            if (!completion.succeeded()) {
                // The others are answered too; what they say does not matter any more.
                failed = completion;
            } else {
                place(piece.position, completion.data(), range, destination, index);
            }
        }
        if (failed != null) {
            failed.orThrow();
        }
    }

    /** What was asked for of what came. */
    private static void place(
            long position, byte[] data, ByteRange range, MutableDirectBuffer destination, int index) {
        int from = (int) Math.max(0, range.position() - position);
        int to = (int) Math.min(data.length, range.last() + 1 - position);
        destination.putBytes(index + (int) (position + from - range.position()), data, from, to - from);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
