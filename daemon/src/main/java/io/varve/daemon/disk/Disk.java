package io.varve.daemon.disk;

import io.varve.daemon.overlay.DirtyBitmap;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * One connection's door to a disk. All connections of a disk share its {@link DiskCore} and so its agent.
 *
 * <p>Owned by the agent of the disk.
 */
public final class Disk implements Export {

    private static final DiskContext[] CONTEXTS = DiskContext.values();

    private final DiskCore core;
    private final ReadPath reads;
    private final WritePath writes;
    /** Those of the disk when the connection came; their contexts follow those that all disks have. */
    private final List<DirtyBitmap> bitmaps;
    private final ExportInfo info;

    Disk(DiskCore core) {
        this.core = core;
        this.bitmaps = core.bitmaps().offered();
        this.info = DiskBitmaps.offer(core.info(), bitmaps.stream().map(DirtyBitmap::name).toList());
        this.reads = core.reads();
        this.writes = core.writes();
    }

    @Override
    public ExportInfo info() {
        return info;
    }

    @Override
    public int ownerKey() {
        return core.ownerKey();
    }

    @Override
    public void attach(ExportOwner owner) {
        core.attach(owner);
    }

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        reads.read(offset, length, reply);
    }

    @Override
    public void write(
            long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        if (mayWrite(reply)) {
            writes.write(offset, length, commandFlags, payload, payloadIndex, reply);
        }
    }

    @Override
    public void flush(Reply reply) {
        core.commits().flush(reply);
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        if (mayWrite(reply)) {
            writes.trim(offset, length, commandFlags, reply);
        }
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        if (mayWrite(reply)) {
            writes.writeZeroes(offset, length, commandFlags, reply);
        }
    }

    /** Validation refuses writes to a read-only export before they come here; this keeps it so if one slips through. */
    private boolean mayWrite(Reply reply) {
        if (core.overlay() == null) {
            reply.fail(NbdError.EPERM);
            return false;
        }
        return true;
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        core.caches().cache(offset, length);
        reply.complete();
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        if (contextIndex < CONTEXTS.length) {
            core.statuses().describe(CONTEXTS[contextIndex], core.view(), offset, length, sink);
        } else {
            core.statuses().describe(bitmaps.get(contextIndex - CONTEXTS.length), offset, length, sink);
        }
    }

    @Override
    public void close() {
        core.release();
    }
}
