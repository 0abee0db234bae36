package io.varve.nbd.negotiate;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import org.agrona.DirectBuffer;

/** An export that may be opened and closed, and nothing else. Owned by the test's thread. */
final class FakeExport implements Export {

    int closeCount;
    private final ExportInfo info;

    FakeExport(ExportInfo info) {
        this.info = info;
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
    public void close() {
        closeCount++;
    }

    @Override
    public void attach(ExportOwner owner) {
        throw duringHandshake();
    }

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        throw duringHandshake();
    }

    @Override
    public void write(
            long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        throw duringHandshake();
    }

    @Override
    public void flush(Reply reply) {
        throw duringHandshake();
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        throw duringHandshake();
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        throw duringHandshake();
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        throw duringHandshake();
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        throw duringHandshake();
    }

    private static AssertionError duringHandshake() {
        return new AssertionError("a handshake must not use an export");
    }
}
