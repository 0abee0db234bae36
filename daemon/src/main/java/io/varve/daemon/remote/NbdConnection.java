package io.varve.daemon.remote;

import io.varve.daemon.remote.Origin.Arrivals;
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
 * One connection to an NBD server, with several requests of one reader under way.
 *
 * <p>Owned by the thread that has taken it from the pool; {@link #close} by any thread ends its wait.
 */
final class NbdConnection implements AutoCloseable {

    /** Bytes of a request at most: as many as are read ahead at once, few enough for the heap. */
    private static final int REQUEST_LENGTH = 1 << 20;
    private static final int REQUEST_COUNT = 64;

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

    /** A request that has been sent, for a part of a piece. Immutable. */
    private record Part(long cookie, int piece, long position) {}

    /** @param endNs {@link System#nanoTime} at which to give up */
    void setEnd(long endNs) {
        channel.setEnd(endNs);
    }

    /**
     * Reads all pieces; the first requests are sent before the first answer is waited for.
     *
     * @param arrivals hears of each answer
     * @throws NbdException if the server says no; the connection stays usable. After any other exception it is not
     */
    void read(List<Piece> pieces, MutableDirectBuffer destination, Arrivals arrivals) throws IOException {
        ArrayDeque<Part> underWay = new ArrayDeque<>();
        Completion failed = null;
        int piece = 0;
        long next = begin(pieces.get(0));
        while (true) {
            while (failed == null && piece < pieces.size() && underWay.size() < REQUEST_COUNT) {
                long length = Math.min(requestLength, end(pieces.get(piece)) - next);
                underWay.add(new Part(client.submit(NbdProtocol.CMD_READ, 0, next, length), piece, next));
                next += length;
                if (next == end(pieces.get(piece)) && ++piece < pieces.size()) {
                    next = begin(pieces.get(piece));
                }
            }
            Part part = underWay.poll();
            if (part == null) {
                break;
            }
            Completion completion = client.await(part.cookie);
            if (!completion.succeeded()) {
                // The others are answered too; what they say does not matter any more.
                failed = completion;
            } else if (failed == null) {
                int there = place(part.position, completion.data(), pieces.get(part.piece), destination);
                arrivals.arrived(part.piece, there);
            }
        }
        if (failed != null) {
            failed.orThrow();
        }
    }

    private long begin(Piece piece) {
        return piece.position() - piece.position() % alignment;
    }

    /** Inside of the export, whose size is a multiple. */
    private long end(Piece piece) {
        return ((piece.end() - 1) / alignment + 1) * alignment;
    }

    /** What was asked for of what came. @return bytes of the piece that are there now */
    private static int place(long position, byte[] data, Piece piece, MutableDirectBuffer destination) {
        int from = (int) Math.max(0, piece.position() - position);
        int to = (int) Math.min(data.length, piece.end() - position);
        int done = (int) (position + from - piece.position());
        destination.putBytes(piece.index() + done, data, from, to - from);
        return done + to - from;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
