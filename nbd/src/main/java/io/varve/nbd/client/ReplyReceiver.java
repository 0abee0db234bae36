package io.varve.nbd.client;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.MAX_PAYLOAD_LENGTH;
import static io.varve.nbd.wire.NbdProtocol.SIMPLE_REPLY_MAGIC;
import static io.varve.nbd.wire.NbdProtocol.STRUCTURED_REPLY_MAGIC;

import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.SimpleReplyFlyweight;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes replies in whatever order they come, and knows which are still due.
 *
 * <p>Owned by the thread that uses the client.
 */
final class ReplyReceiver {

    private static final byte[] NO_DATA = {};
    private static final String WHAT = "a reply";

    private final ServerConnection connection;
    private final ServerExport export;
    private final ReplyStyle replyStyle;
    private final List<MetaContext> contexts;
    private final Map<Long, Request> awaited = new HashMap<>();
    /** Replies of which some chunks have come, by cookie. */
    private final Map<Long, StructuredReply> begun = new HashMap<>();

    private final byte[] header = new byte[StructuredChunkFlyweight.LENGTH];
    private final UnsafeBuffer headerBuffer = new UnsafeBuffer(header);
    private final SimpleReplyFlyweight simple = new SimpleReplyFlyweight().wrap(headerBuffer, 0);
    private final StructuredChunkFlyweight chunk = new StructuredChunkFlyweight().wrap(headerBuffer, 0);

    ReplyReceiver(
            ServerConnection connection, ServerExport export, ReplyStyle replyStyle, List<MetaContext> contexts) {
        this.connection = connection;
        this.export = export;
        this.replyStyle = replyStyle;
        this.contexts = contexts;
    }

    void expect(Request request) {
        awaited.put(request.cookie(), request);
    }

    boolean isAwaited(long cookie) {
        return awaited.containsKey(cookie);
    }

    int awaitedCount() {
        return awaited.size();
    }

    /** Waits until a request is answered to the end. */
    Completion receive() throws IOException {
        Completion completion = null;
        while (completion == null) {
            connection.receive(header, 0, SimpleReplyFlyweight.LENGTH, WHAT);
            if (simple.magic() == SIMPLE_REPLY_MAGIC) {
                completion = onSimpleReply();
            } else if (simple.magic() == STRUCTURED_REPLY_MAGIC) {
                completion = onChunk();
            } else {
                throw new ProtocolException("a reply has the magic " + Integer.toHexString(simple.magic()));
            }
        }
        awaited.remove(completion.request().cookie());
        begun.remove(completion.request().cookie());
        return completion;
    }

    private Completion onSimpleReply() throws IOException {
        final Request request = request(simple.cookie());
        if (replyStyle != ReplyStyle.SIMPLE && request.command() == CMD_READ) {
            throw new ProtocolException(request + " is answered with a simple reply");
        }
        if (begun.containsKey(request.cookie())) {
            throw new ProtocolException(request + " is answered in chunks, and then with a simple reply");
        }
        if (simple.error() == 0 && request.command() == CMD_BLOCK_STATUS) {
            throw new ProtocolException(request + " succeeds without extents");
        }
        byte[] data = NO_DATA;
        if (simple.error() == 0 && request.command() == CMD_READ) {
            if (request.length() > MAX_PAYLOAD_LENGTH) {
                throw new ProtocolException(request + " is answered with data, though nobody takes so much");
            }
            data = new byte[(int) request.length()];
            connection.receive(data, 0, data.length, "the data of a READ");
        }
        return new Completion(request, simple.error(), "", data, Map.of());
    }

    private Completion onChunk() throws IOException {
        if (replyStyle == ReplyStyle.SIMPLE) {
            throw new ProtocolException("a structured reply, which was not negotiated");
        }
        connection.receive(
                header,
                SimpleReplyFlyweight.LENGTH,
                StructuredChunkFlyweight.LENGTH - SimpleReplyFlyweight.LENGTH,
                WHAT);
        final Request request = request(chunk.cookie());
        return begun.computeIfAbsent(
                        request.cookie(), cookie -> new StructuredReply(connection, request, export, contexts))
                .onChunk(chunk);
    }

    private Request request(long cookie) throws ProtocolException {
        final Request request = awaited.get(cookie);
        if (request == null) {
            throw new ProtocolException("a reply has the cookie " + Long.toHexString(cookie)
                    + ", which no request has");
        }
        return request;
    }
}
