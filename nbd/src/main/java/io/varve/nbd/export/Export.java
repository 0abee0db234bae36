package io.varve.nbd.export;

import org.agrona.DirectBuffer;

/**
 * An open export, as one connection sees it: the only door from the protocol into whatever stores the bytes.
 *
 * <p>Every request has been validated against {@link #info()} before it arrives here: ranges lie inside the export,
 * lengths are positive and within the limits, writes never reach a read-only export, flags are ones that the
 * command allows. {@code commandFlags} are the raw bits of the request ({@code NBD_CMD_FLAG_*}, proto.md "Command
 * flags").
 *
 * <p>A call either finishes its {@link Reply} before it returns, or calls {@link Reply#park()} before it returns and
 * finishes it later, on the same thread. No call blocks.
 *
 * <p>Several connections may share what lies behind their exports. Then all of them have the same
 * {@link #ownerKey()}, and the server brings them to one thread.
 *
 * <p>Owned by one agent: from {@link #attach} to {@link #close} every call comes from the thread of that agent.
 */
public interface Export {

    /** What was told to the client at negotiation. Immutable. */
    ExportInfo info();

    /** Exports with equal keys must be served by the same thread. Any value, spread evenly by whoever opens exports. */
    int ownerKey();

    /** Called once, before the first request, on the thread that will make all further calls. */
    void attach(ExportOwner owner);

    /** Fills {@code length} bytes at {@link Reply#buffer()}, {@link Reply#bufferIndex()}. */
    void read(long offset, int length, int commandFlags, Reply reply);

    /**
     * Stores {@code length} bytes of {@code payload} from {@code payloadIndex}. The payload is only valid until this
     * call returns; a write that is parked first and needs it afterwards keeps it by {@link Reply#parkWithPayload}.
     */
    void write(long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply);

    /** Completes when every write-class request that was replied to before this call is stable. */
    void flush(Reply reply);

    /** A hint that the content is not needed; whole pages read as zero afterwards. {@code length} is up to 2^63-1. */
    void trim(long offset, long length, int commandFlags, Reply reply);

    /** The range reads as zero afterwards; NO_HOLE forbids deallocation. {@code length} is up to 2^63-1. */
    void writeZeroes(long offset, long length, int commandFlags, Reply reply);

    /** A hint that the range will be read soon. */
    void cache(long offset, long length, Reply reply);

    /**
     * Describes {@code [offset, offset + length)} as consecutive extents, until the end of the range is reached or
     * {@link StatusSink#add} answers false. At least one extent is added. Never blocks.
     *
     * @param contextIndex index into {@link ExportInfo#metaContexts()}
     */
    void blockStatus(int contextIndex, long offset, long length, StatusSink sink);

    /**
     * The connection is gone and all of its replies were finished. Returns at once; what must still be written
     * goes on elsewhere.
     */
    void close();
}
