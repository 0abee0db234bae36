package io.varve.nbd.client;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_CACHE;
import static io.varve.nbd.wire.NbdProtocol.CMD_DISC;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_PAYLOAD_LEN;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE_ZEROES;

import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.RequestFlyweight;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.ByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A blocking NBD client, in transmission. It believes the server nothing: an answer that the protocol does not allow
 * is a {@link ProtocolException} and ends the connection.
 *
 * <p>{@link #read}, {@link #write} and the others wait for their answer. To have several requests under way, send them
 * with {@link #submit} and {@link #submitWrite}, and collect each with {@link #await}; replies to other requests that
 * arrive meanwhile are kept. Whoever submits more than the sockets hold, while the server waits for its replies to be
 * read, waits for ever.
 *
 * <p>Owned by the thread that uses it.
 */
public final class NbdClient implements AutoCloseable {

    /** Odd, so that cookies repeat after 2^64 requests; large, so that servers see all 64 bits used. */
    private static final long COOKIE_STEP = 0x9e3779b97f4a7c15L;

    private final ServerConnection connection;
    private final ServerExport export;
    private final ReplyStyle replyStyle;
    private final List<MetaContext> contexts;
    private final ReplyReceiver replies;
    private final Map<Long, Completion> completions = new HashMap<>();
    private final byte[] header;
    private final UnsafeBuffer headerBuffer;
    private long lastCookie;

    NbdClient(
            ServerConnection connection, ServerExport export, ReplyStyle replyStyle, List<MetaContext> contexts) {
        this.connection = connection;
        this.export = export;
        this.replyStyle = replyStyle;
        this.contexts = contexts;
        this.header = new byte[isExtended() ? RequestFlyweight.EXTENDED_LENGTH : RequestFlyweight.LENGTH];
        this.headerBuffer = new UnsafeBuffer(header);
        this.replies = new ReplyReceiver(connection, export, replyStyle);
    }

    /** @param channel in blocking mode; closed with the client, and also if this fails */
    public static NbdClient connect(ByteChannel channel, ClientOptions options) throws IOException {
        return connect(channel, channel, options);
    }

    /**
     * Negotiates, and enters transmission with GO.
     *
     * @param in  in blocking mode; closed with the client, and also if this fails
     * @param out likewise; may be the same object
     * @throws NegotiationException if the server refuses the export
     */
    public static NbdClient connect(ReadableByteChannel in, WritableByteChannel out, ClientOptions options)
            throws IOException {
        final NbdHandshake handshake = new NbdHandshake(in, out);
        try {
            requestStyle(handshake, options);
            return handshake.go(options.exportName());
        } catch (final IOException e) {
            handshake.close();
            throw e;
        }
    }

    public ServerExport export() {
        return export;
    }

    /** As agreed on; SIMPLE if the server has nothing better. */
    public ReplyStyle replyStyle() {
        return replyStyle;
    }

    /** What {@link #blockStatus} answers for. */
    public List<String> contextNames() {
        return contexts.stream().map(MetaContext::name).collect(Collectors.toList());
    }

    /** @param length bytes, up to {@code NbdProtocol.MAX_PAYLOAD_LENGTH} */
    public byte[] read(long offset, int length) throws IOException {
        return read(offset, length, 0);
    }

    /** @param commandFlags {@code NbdProtocol.CMD_FLAG_*}, here and below */
    public byte[] read(long offset, int length, int commandFlags) throws IOException {
        return perform(CMD_READ, commandFlags, offset, length).data();
    }

    public void write(long offset, byte[] data) throws IOException {
        write(offset, data, 0);
    }

    public void write(long offset, byte[] data, int commandFlags) throws IOException {
        await(submitWrite(offset, data, commandFlags)).orThrow();
    }

    public void flush() throws IOException {
        perform(CMD_FLUSH, 0, 0, 0);
    }

    /** @param length bytes, up to 2^32-1, with extended headers to 2^63-1; here and below */
    public void trim(long offset, long length, int commandFlags) throws IOException {
        perform(CMD_TRIM, commandFlags, offset, length);
    }

    public void writeZeroes(long offset, long length, int commandFlags) throws IOException {
        perform(CMD_WRITE_ZEROES, commandFlags, offset, length);
    }

    public void cache(long offset, long length) throws IOException {
        perform(CMD_CACHE, 0, offset, length);
    }

    /**
     * @return for each of {@link #contextNames()} consecutive extents from {@code offset}: at least one, perhaps not
     *         as far as asked for, the last perhaps farther
     */
    public Map<String, List<StatusExtent>> blockStatus(long offset, long length, int commandFlags)
            throws IOException {
        return perform(CMD_BLOCK_STATUS, commandFlags, offset, length).status();
    }

    /**
     * As {@link #blockStatus} for some of {@link #contextNames()} only. Needs extended headers, and a server that
     * offers BLOCK_STATUS_PAYLOAD.
     */
    public Map<String, List<StatusExtent>> blockStatus(long offset, long length, List<String> names)
            throws IOException {
        final List<MetaContext> asked =
                contexts.stream().filter(context -> names.contains(context.name())).collect(Collectors.toList());
        final byte[] payload = new byte[Long.BYTES + asked.size() * Integer.BYTES];
        final UnsafeBuffer buffer = new UnsafeBuffer(payload);
        buffer.putLong(0, length, ByteOrder.BIG_ENDIAN);
        for (int i = 0; i < asked.size(); i++) {
            buffer.putInt(Long.BYTES + i * Integer.BYTES, asked.get(i).wireId(), ByteOrder.BIG_ENDIAN);
        }
        final Request request = new Request(nextCookie(), CMD_BLOCK_STATUS, CMD_FLAG_PAYLOAD_LEN, offset, length);
        send(request, payload.length);
        connection.send(payload);
        connection.flush();
        replies.expect(request, asked);
        return await(request.cookie()).orThrow().status();
    }

    /**
     * Sends a request without payload, whatever the server may think of it.
     *
     * @return its cookie, for {@link #await}
     */
    public long submit(int command, int commandFlags, long offset, long length) throws IOException {
        if (command == CMD_WRITE || command == CMD_DISC) {
            throw new IllegalArgumentException("submitWrite() and disconnect() are for these");
        }
        final Request request = send(command, commandFlags, offset, length);
        connection.flush();
        return request.cookie();
    }

    /** As {@link #submit}, for a WRITE. */
    public long submitWrite(long offset, byte[] data, int commandFlags) throws IOException {
        final int payloadFlag = isExtended() ? CMD_FLAG_PAYLOAD_LEN : 0;
        final Request request = send(CMD_WRITE, commandFlags | payloadFlag, offset, data.length);
        connection.send(data);
        connection.flush();
        return request.cookie();
    }

    /**
     * Waits for the reply to one request. Each reply can be had once.
     *
     * @throws IllegalArgumentException if no such request is under way
     */
    public Completion await(long cookie) throws IOException {
        Completion completion = completions.remove(cookie);
        if (completion == null && !replies.isAwaited(cookie)) {
            throw new IllegalArgumentException("no request has the cookie " + Long.toHexString(cookie));
        }
        while (completion == null) {
            final Completion next = receive();
            if (next.request().cookie() == cookie) {
                completion = next;
            } else {
                completions.put(next.request().cookie(), next);
            }
        }
        return completion;
    }

    /**
     * Waits for the next reply, in the order in which the server sends them.
     *
     * @throws IllegalStateException if nothing is under way, or {@link #await} has kept replies that nobody collected
     */
    public Completion awaitNext() throws IOException {
        if (!completions.isEmpty() || replies.awaitedCount() == 0) {
            throw new IllegalStateException(completions.size() + " replies are kept, " + replies.awaitedCount()
                    + " requests are under way");
        }
        return receive();
    }

    /** Requests that have been sent and not been answered. */
    public int inFlightCount() {
        return replies.awaitedCount();
    }

    /** Says goodbye, takes the replies that are still due, waits for the server to close, and closes. */
    public void disconnect() throws IOException {
        try {
            send(new Request(nextCookie(), CMD_DISC, 0, 0, 0), 0);
            connection.flush();
            while (replies.awaitedCount() > 0) {
                receive();
            }
            connection.expectEnd();
        } finally {
            close();
        }
    }

    /** Vanishes without a word. Closing twice does nothing. */
    @Override
    public void close() throws IOException {
        connection.close();
    }

    /** An older server is none that fails: the client's owner sees what it got. */
    private static void requestStyle(NbdHandshake handshake, ClientOptions options) throws IOException {
        final ReplyStyle wanted = options.replyStyle();
        final boolean chunks = wanted == ReplyStyle.EXTENDED && isGranted(handshake::requestExtendedHeaders)
                || wanted != ReplyStyle.SIMPLE && isGranted(handshake::requestStructuredReplies);
        if (chunks && !options.metaContexts().isEmpty()) {
            isGranted(() -> handshake.setMetaContexts(options.exportName(), options.metaContexts()));
        }
    }

    private static boolean isGranted(OptionRequest option) throws IOException {
        try {
            option.send();
            return true;
        } catch (final NegotiationException e) {
            if (e.replyType() != NbdProtocol.REP_ERR_UNSUP) {
                throw e;
            }
            return false;
        }
    }

    @FunctionalInterface
    private interface OptionRequest {
        void send() throws IOException;
    }

    private Completion perform(int command, int commandFlags, long offset, long length) throws IOException {
        return await(submit(command, commandFlags, offset, length)).orThrow();
    }

    private Request send(int command, int commandFlags, long offset, long length) throws IOException {
        if (length < 0 || length > 0xffff_ffffL && !isExtended()) {
            throw new IllegalArgumentException("a request cannot have " + length + " bytes");
        }
        final Request request = new Request(nextCookie(), command, commandFlags, offset, length);
        send(request, length);
        replies.expect(request, contexts);
        return request;
    }

    private void send(Request request, long wireLength) throws IOException {
        if (isExtended()) {
            RequestFlyweight.encodeExtended(headerBuffer, 0, request.flags(), request.command(), request.cookie(),
                    request.offset(), wireLength);
        } else {
            RequestFlyweight.encode(headerBuffer, 0, request.flags(), request.command(), request.cookie(),
                    request.offset(), wireLength);
        }
        connection.send(header);
    }

    private boolean isExtended() {
        return replyStyle == ReplyStyle.EXTENDED;
    }

    private long nextCookie() {
        lastCookie += COOKIE_STEP;
        return lastCookie;
    }

    private Completion receive() throws IOException {
        try {
            return replies.receive();
        } catch (final ProtocolException e) {
            close();
            throw e;
        }
    }
}
