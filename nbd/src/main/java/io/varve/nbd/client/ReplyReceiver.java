package io.varve.nbd.client;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.EXTENDED_REPLY_MAGIC;
import static io.varve.nbd.wire.NbdProtocol.MAX_PAYLOAD_LENGTH;
import static io.varve.nbd.wire.NbdProtocol.SIMPLE_REPLY_MAGIC;
import static io.varve.nbd.wire.NbdProtocol.STRUCTURED_REPLY_MAGIC;

import io.varve.nbd.wire.ExtendedChunkFlyweight;
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
    private final Map<Long, Awaited> awaited = new HashMap<>();
    /** Replies of which some chunks have come, by cookie. */
    private final Map<Long, StructuredReply> begun = new HashMap<>();

    private final byte[] header = new byte[ExtendedChunkFlyweight.LENGTH];
    private final UnsafeBuffer headerBuffer = new UnsafeBuffer(header);
    private final SimpleReplyFlyweight simple = new SimpleReplyFlyweight().wrap(headerBuffer, 0);
    private final StructuredChunkFlyweight chunk = new StructuredChunkFlyweight().wrap(headerBuffer, 0);
    private final ExtendedChunkFlyweight extendedChunk = new ExtendedChunkFlyweight().wrap(headerBuffer, 0);

    ReplyReceiver(ServerConnection connection, ServerExport export, ReplyStyle replyStyle) {
        this.connection = connection;
        this.export = export;
        this.replyStyle = replyStyle;
    }

    /** @param contexts that a BLOCK_STATUS must be answered for */
    void expect(Request request, List<MetaContext> contexts) {
        awaited.put(request.cookie(), new Awaited(request, contexts));
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
            } else if (simple.magic() == STRUCTURED_REPLY_MAGIC && replyStyle != ReplyStyle.EXTENDED) {
                completion = onChunk();
            } else if (simple.magic() == EXTENDED_REPLY_MAGIC && replyStyle == ReplyStyle.EXTENDED) {
                completion = onExtendedChunk();
            } else {
                throw new ProtocolException("a reply has the magic " + Integer.toHexString(simple.magic()));
            }
        }
        awaited.remove(completion.request().cookie());
        begun.remove(completion.request().cookie());
        return completion;
    }

    private Completion onSimpleReply() throws IOException {
        if (replyStyle == ReplyStyle.EXTENDED) {
            throw new ProtocolException("a simple reply in spite of extended headers");
        }
        final Request request = awaited(simple.cookie()).request;
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
        receiveHeader(StructuredChunkFlyweight.LENGTH);
        return begun(chunk.cookie()).onChunk(chunk.flags(), chunk.type(), chunk.payloadLength());
    }

    private Completion onExtendedChunk() throws IOException {
        receiveHeader(ExtendedChunkFlyweight.LENGTH);
        final Request request = awaited(extendedChunk.cookie()).request;
        if (extendedChunk.offset() != request.offset()) {
            throw new ProtocolException(request + " is answered with the offset "
                    + Long.toUnsignedString(extendedChunk.offset()));
        }
        final long length = extendedChunk.payloadLength();
        if (length < 0) {
            throw new ProtocolException(request + " is answered with " + Long.toUnsignedString(length) + " bytes");
        }
        return begun(request.cookie()).onChunk(extendedChunk.flags(), extendedChunk.type(), length);
    }

    /** What comes behind the part that all replies have in common. */
    private void receiveHeader(int length) throws IOException {
        connection.receive(header, SimpleReplyFlyweight.LENGTH, length - SimpleReplyFlyweight.LENGTH, WHAT);
    }

    private StructuredReply begun(long cookie) throws ProtocolException {
        final Awaited of = awaited(cookie);
        return begun.computeIfAbsent(
                cookie, any -> new StructuredReply(connection, of.request, export, replyStyle, of.contexts));
    }

    private Awaited awaited(long cookie) throws ProtocolException {
        final Awaited found = awaited.get(cookie);
        if (found == null) {
            throw new ProtocolException("a reply has the cookie " + Long.toHexString(cookie)
                    + ", which no request has");
        }
        return found;
    }

    /** Immutable. */
    private record Awaited(Request request, List<MetaContext> contexts) {}
}
