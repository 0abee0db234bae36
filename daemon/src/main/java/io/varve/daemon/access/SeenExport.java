package io.varve.daemon.access;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import org.agrona.DirectBuffer;

/**
 * An export of which a client is told something else than others: a description, or that it is read-only. Requests
 * are checked against that before they come here, so all of them are passed on.
 *
 * <p>Owned by the agent of the export.
 */
final class SeenExport implements Export {

    private final Export export;
    private final ExportInfo info;

    SeenExport(Export export, ExportInfo info) {
        this.export = export;
        this.info = info;
    }

    @Override
    public ExportInfo info() {
        return info;
    }

    @Override
    public int ownerKey() {
        return export.ownerKey();
    }

    @Override
    public void attach(ExportOwner owner) {
        export.attach(owner);
    }

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        export.read(offset, length, commandFlags, reply);
    }

    @Override
    public void write(long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        export.write(offset, length, commandFlags, payload, payloadIndex, reply);
    }

    @Override
    public void flush(Reply reply) {
        export.flush(reply);
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        export.trim(offset, length, commandFlags, reply);
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        export.writeZeroes(offset, length, commandFlags, reply);
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        export.cache(offset, length, reply);
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        export.blockStatus(contextIndex, offset, length, sink);
    }

    @Override
    public void close() {
        export.close();
    }
}
