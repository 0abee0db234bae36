package io.varve.perf.micro;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;

/**
 * An export that answers everything at once and touches no byte, so that what is left is the protocol's own cost.
 *
 * <p>Immutable.
 */
final class AnsweringExport implements Export {

    private static final int BLOCK_SIZE = 4096;

    private final ExportInfo info;

    AnsweringExport(long size) {
        info = new ExportInfo("answers", "", size, Set.of(), BLOCK_SIZE, List.of());
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
    public void attach(ExportOwner owner) {
        // Nothing is handed to other threads.
    }

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        reply.complete();
    }

    @Override
    public void write(long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        reply.complete();
    }

    @Override
    public void flush(Reply reply) {
        reply.complete();
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        reply.complete();
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        reply.complete();
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        reply.complete();
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        sink.add(length, 0);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
