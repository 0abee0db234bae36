package io.varve.nbd.client;

import io.varve.nbd.wire.ExtendedChunkFlyweight;
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
            2 * Integer.BYTES + (1 << 20) * ExtendedChunkFlyweight.STATUS_EXTENT_LENGTH;

    private final Request request;
    private final boolean extended;
    private final int extentLength;
    private final List<MetaContext> contexts;
    private final Map<String, List<StatusExtent>> status = new LinkedHashMap<>();

    /** @param extended whether extents have lengths and flags of 64 bits */
    StatusContent(Request request, boolean extended, List<MetaContext> contexts) {
        this.request = request;
        this.extended = extended;
        this.extentLength = extended
                ? ExtendedChunkFlyweight.STATUS_EXTENT_LENGTH
                : StructuredChunkFlyweight.STATUS_EXTENT_LENGTH;
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
        final long announced = extended ? data.takeUnsignedInt("number of extents") : -1;
        final int extentCount = data.remaining() / extentLength;
        if (extentCount == 0 || data.remaining() % extentLength != 0) {
            throw new ProtocolException(request + ": " + data.remaining() + " bytes are no extents");
        }
        if (extended && announced != extentCount) {
            throw new ProtocolException(request + ": " + announced + " extents in the space of " + extentCount);
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
            final long length = extended ? data.takeLong("extent") : data.takeUnsignedInt("extent");
            final long flags = extended ? data.takeLong("extent") : data.takeUnsignedInt("extent");
            if (flags >>> Integer.SIZE != 0) {
                throw new ProtocolException(request + ": extent " + i + " has flags that its context cannot have");
            }
            if (length < 0 || length > exportSize - request.offset() - described) {
                throw new ProtocolException(request + ": the extents reach beyond the export");
            }
            if (length == 0) {
                throw new ProtocolException(request + ": extent " + i + " is empty");
            }
            if (i > 0 && described >= request.length()) {
                throw new ProtocolException(request + ": extent " + i + " begins beyond the request");
            }
            described += length;
            extents.add(new StatusExtent(length, (int) flags));
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
