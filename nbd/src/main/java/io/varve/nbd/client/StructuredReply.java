package io.varve.nbd.client;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_DF;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.MAX_PAYLOAD_LENGTH;
import static io.varve.nbd.wire.NbdProtocol.MAX_STRING_LENGTH;
import static io.varve.nbd.wire.NbdProtocol.REPLY_FLAG_DONE;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_BLOCK_STATUS_EXT;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_ERROR_OFFSET;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_NONE;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_OFFSET_DATA;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_OFFSET_HOLE;

import io.varve.nbd.wire.ReplyStyle;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The chunks of one reply, from the first to the one with DONE. Chunks of different replies may come in turns
 * (proto.md, "Structured reply chunk message").
 *
 * <p>Owned by the thread that uses the client.
 */
final class StructuredReply {

    private static final int ERROR_FLAG = 1 << 15;
    /** Offset, length. */
    private static final int HOLE_LENGTH = Long.BYTES + Integer.BYTES;
    /** Error, length of the message, message, offset. */
    private static final int MAX_ERROR_LENGTH = Integer.BYTES + Short.BYTES + MAX_STRING_LENGTH + Long.BYTES;

    private static final byte[] NO_DATA = {};

    private final ServerConnection connection;
    private final Request request;
    private final ServerExport export;
    private final boolean extended;
    private final List<MetaContext> contexts;

    private ReadContent content;
    private StatusContent status;
    private int error;
    private String serverMessage = "";

    StructuredReply(
            ServerConnection connection,
            Request request,
            ServerExport export,
            ReplyStyle replyStyle,
            List<MetaContext> contexts) {
        this.connection = connection;
        this.request = request;
        this.export = export;
        this.extended = replyStyle == ReplyStyle.EXTENDED;
        this.contexts = contexts;
    }

    /** Takes the payload of a chunk whose header was just received; the completion if it was the last, else null. */
    Completion onChunk(int flags, int type, long length) throws IOException {
        if ((flags & ~REPLY_FLAG_DONE) != 0) {
            throw new ProtocolException(request + " is answered with chunk flags " + flags);
        }
        final boolean done = flags == REPLY_FLAG_DONE;
        if ((type & ERROR_FLAG) != 0) {
            onError(type, length);
        } else if (type == REPLY_TYPE_NONE) {
            demand(length == 0 && done, "a NONE chunk that is not the last, or not empty");
        } else if (type == REPLY_TYPE_OFFSET_DATA && request.command() == CMD_READ) {
            onData(length);
        } else if (type == REPLY_TYPE_OFFSET_HOLE && request.command() == CMD_READ) {
            onHole(length);
        } else if (type == statusType() && request.command() == CMD_BLOCK_STATUS) {
            onStatus(length);
        } else {
            throw new ProtocolException(request + " is answered with a chunk of type " + type);
        }
        return done ? complete() : null;
    }

    private int statusType() {
        return extended ? REPLY_TYPE_BLOCK_STATUS_EXT : REPLY_TYPE_BLOCK_STATUS;
    }

    private void onData(long length) throws IOException {
        demand(length > Long.BYTES, "a data chunk without data");
        final long offset = payload(Long.BYTES).takeLong("offset of the data");
        final int dataLength = (int) Math.min(length - Long.BYTES, Integer.MAX_VALUE);
        final int index = content().cover(offset, dataLength);
        demandUnfragmented();
        connection.receive(content.data(), index, dataLength, "the data of a READ");
    }

    private void onHole(long length) throws IOException {
        demand(length == HOLE_LENGTH, "a hole chunk of another length");
        final ReplyReader hole = payload((int) length);
        content().cover(hole.takeLong("offset of the hole"), hole.takeUnsignedInt("length of the hole"));
        demandUnfragmented();
    }

    private void onStatus(long length) throws IOException {
        demand(length <= StatusContent.MAX_CHUNK_LENGTH, "more than 2^20 extents");
        if (status == null) {
            status = new StatusContent(request, extended, contexts);
        }
        status.onChunk(payload((int) length), export.size());
    }

    /** An error that this client does not know begins like one that it knows, and is an error all the same. */
    private void onError(int type, long length) throws IOException {
        demand(length <= MAX_ERROR_LENGTH, "an error chunk that is too long");
        final ReplyReader payload = payload((int) length);
        final int chunkError = payload.takeInt("error");
        demand(chunkError != 0, "an error chunk without an error");
        final String message = payload.takeString(payload.takeUnsignedShort("message length"), "message");
        if (type == REPLY_TYPE_ERROR_OFFSET) {
            final long distance = payload.takeLong("offset of the error") - request.offset();
            demand(distance >= 0 && distance < request.length(), "an error outside the request");
        }
        if (error == 0) {
            error = chunkError;
            serverMessage = message;
        }
    }

    private Completion complete() throws ProtocolException {
        if (error != 0) {
            return new Completion(request, error, serverMessage, NO_DATA, Map.of());
        }
        if (request.command() == CMD_READ) {
            content().demandComplete();
            return new Completion(request, 0, "", content.data(), Map.of());
        }
        if (request.command() == CMD_BLOCK_STATUS) {
            demand(status != null, "success, and no extents");
            status.demandComplete();
            return new Completion(request, 0, "", NO_DATA, status.status());
        }
        return new Completion(request, 0, "", NO_DATA, Map.of());
    }

    private ReadContent content() throws ProtocolException {
        if (content == null) {
            demand(request.length() <= MAX_PAYLOAD_LENGTH, "data, though nobody takes so much");
            content = new ReadContent(request);
        }
        return content;
    }

    private void demandUnfragmented() throws ProtocolException {
        demand(!request.has(CMD_FLAG_DF) || content.chunkCount() == 1, "several chunks in spite of DF");
    }

    private ReplyReader payload(int length) throws IOException {
        return new ReplyReader(connection.receive(length, "a chunk"));
    }

    private void demand(boolean condition, String violation) throws ProtocolException {
        if (!condition) {
            throw new ProtocolException(request + " is answered with " + violation);
        }
    }
}
