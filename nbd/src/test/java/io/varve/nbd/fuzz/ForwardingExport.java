package io.varve.nbd.fuzz;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import org.agrona.DirectBuffer;

/** A disk under another name, once transmission has begun. Owned by the thread of the test. */
class ForwardingExport implements Export {

    private final OracleDisk disk;
    private final ExportInfo info;
    private boolean inUse;

    ForwardingExport(OracleDisk disk, ExportInfo info) {
        this.disk = disk;
        this.info = info;
    }

    private OracleDisk disk() {
        Fault.require(inUse, "a handshake used an export");
        return disk;
    }

    /** The handshake is over. */
    void use() {
        inUse = true;
    }

    @Override
    public ExportInfo info() {
        return info;
    }

    @Override
    public int ownerKey() {
        return 0;
    }

    @Override
    public void attach(ExportOwner owner) {}

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        disk().read(offset, length, commandFlags, reply);
    }

    @Override
    public void write(
            long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        disk().write(offset, length, commandFlags, payload, payloadIndex, reply);
    }

    @Override
    public void flush(Reply reply) {
        disk().flush(reply);
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        disk().trim(offset, length, commandFlags, reply);
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        disk().writeZeroes(offset, length, commandFlags, reply);
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        disk().cache(offset, length, reply);
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        disk().blockStatus(contextIndex, offset, length, sink);
    }

    @Override
    public void close() {
        if (inUse) {
            disk.close();
        }
    }
}
