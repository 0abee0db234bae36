package io.varve.nbd.client;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The extents of one BLOCK_STATUS: exactly one chunk for each selected context.
 *
 * <p>Owned by the thread that uses the client.
 */
final class StatusContent {

    /** Bytes of a chunk with the most extents that a server should send (2^20). */
    static final int MAX_CHUNK_LENGTH =
            Integer.BYTES + (1 << 20) * StructuredChunkFlyweight.STATUS_EXTENT_LENGTH;

    private final Request request;
    private final List<MetaContext> contexts;
    private final Map<String, List<StatusExtent>> status = new LinkedHashMap<>();

    StatusContent(Request request, List<MetaContext> contexts) {
        this.request = request;
        this.contexts = contexts;
    }

    Map<String, List<StatusExtent>> status() {
        return status;
    }

    /** @param exportSize bytes; no extent may reach beyond it */
    void onChunk(ReplyReader data, long exportSize) throws ProtocolException {
        final String contextName = contextName(data.takeInt("context id"));
        if (status.containsKey(contextName)) {
            throw new ProtocolException(request + " is answered twice for " + contextName);
        }
        final int extentCount = data.remaining() / StructuredChunkFlyweight.STATUS_EXTENT_LENGTH;
        if (extentCount == 0 || data.remaining() % StructuredChunkFlyweight.STATUS_EXTENT_LENGTH != 0) {
            throw new ProtocolException(request + ": " + data.remaining() + " bytes are no extents");
        }
        if (request.has(NbdProtocol.CMD_FLAG_REQ_ONE) && extentCount != 1) {
            throw new ProtocolException(request + " with REQ_ONE is answered with " + extentCount + " extents");
        }
        status.put(contextName, extents(data, extentCount, exportSize));
    }

    void demandComplete() throws ProtocolException {
        for (final MetaContext context : contexts) {
            if (!status.containsKey(context.name())) {
                throw new ProtocolException(request + " is answered without " + context.name());
            }
        }
    }

    private List<StatusExtent> extents(ReplyReader data, int extentCount, long exportSize) throws ProtocolException {
        final List<StatusExtent> extents = new ArrayList<>(extentCount);
        long described = 0;
        for (int i = 0; i < extentCount; i++) {
            final int index = data.take(StructuredChunkFlyweight.STATUS_EXTENT_LENGTH, "extent");
            final long length = Integer.toUnsignedLong(data.buffer().getInt(index, BIG_ENDIAN));
            if (length == 0) {
                throw new ProtocolException(request + ": extent " + i + " is empty");
            }
            if (i > 0 && described >= request.length()) {
                throw new ProtocolException(request + ": extent " + i + " begins beyond the request");
            }
            described += length;
            extents.add(new StatusExtent(length, data.buffer().getInt(index + Integer.BYTES, BIG_ENDIAN)));
        }
        if (described > exportSize - request.offset()) {
            throw new ProtocolException(request + ": the extents reach beyond the export");
        }
        if (request.has(NbdProtocol.CMD_FLAG_REQ_ONE) && described > request.length()) {
            throw new ProtocolException(request + " with REQ_ONE: the extent is longer than the request");
        }
        return extents;
    }

    private String contextName(int wireId) throws ProtocolException {
        for (final MetaContext context : contexts) {
            if (context.wireId() == wireId) {
                return context.name();
            }
        }
        throw new ProtocolException(request + " is answered for context " + wireId + ", which was not selected");
    }
}
