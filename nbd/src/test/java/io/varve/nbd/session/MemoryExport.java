package io.varve.nbd.session;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import io.varve.nbd.wire.NbdProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.agrona.DirectBuffer;

/** An export of bytes in memory that parks requests when it is told to. Owned by the test's thread. */
class MemoryExport implements Export {

    final byte[] bytes;
    final List<Runnable> parked = new ArrayList<>();
    private final ExportInfo info;
    private final Random random;
    private final double parkShare;
    int closeCount;
    int callCount;

    MemoryExport(int size, Set<ExportInfo.Feature> features, Random random, double parkShare) {
        this.bytes = new byte[size];
        this.info = new ExportInfo("memory", "", size, features, 4096, List.of(ExportInfo.BASE_ALLOCATION));
        this.random = random;
        this.parkShare = parkShare;
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

    private boolean parks() {
        callCount++;
        return random.nextDouble() < parkShare;
    }

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        boolean park = parks();
        int before = length / 2;
        fill(reply, (int) offset, 0, before);
        Runnable rest = () -> {
            if (isZero((int) offset, length)) {
                reply.completeZeroes();
                return;
            }
            fill(reply, (int) offset, before, length);
            reply.complete();
        };
        finish(park, reply, rest);
    }

    /** Page by page, and zero pages as such. */
    private void fill(Reply reply, int offset, int from, int to) {
        int index = from;
        while (index < to) {
            int end = Math.min(to, (((offset + index) >> 12) + 1 << 12) - offset);
            if (isZero(offset + index, end - index)) {
                reply.zeroes(index, end - index);
            } else {
                reply.buffer().putBytes(reply.bufferIndex() + index, bytes, offset + index, end - index);
            }
            index = end;
        }
    }

    private boolean isZero(int offset, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[offset + i] != 0) {
                return false;
            }
        }
        return true;
    }

    private void finish(boolean park, Reply reply, Runnable rest) {
        if (park) {
            reply.park();
            parked.add(rest);
        } else {
            rest.run();
        }
    }

    @Override
    public void write(long offset, int length, int flags, DirectBuffer payload, int payloadIndex, Reply reply) {
        if (parks()) {
            DirectBuffer kept = reply.parkWithPayload(payload, payloadIndex, length);
            int index = reply.bufferIndex();
            parked.add(() -> {
                kept.getBytes(index, bytes, (int) offset, length);
                reply.complete();
            });
        } else {
            payload.getBytes(payloadIndex, bytes, (int) offset, length);
            reply.complete();
        }
    }

    @Override
    public void flush(Reply reply) {
        finish(parks(), reply, reply::complete);
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        callCount++;
        reply.fail(NbdError.EIO);
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        finish(parks(), reply, () -> {
            java.util.Arrays.fill(bytes, (int) offset, (int) (offset + length), (byte) 0);
            reply.complete();
        });
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        callCount++;
        reply.complete();
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        callCount++;
        long position = offset;
        while (position < offset + length) {
            long end = Math.min(offset + length, (position / 4096 + 1) * 4096);
            boolean zero = isZero((int) position, (int) (end - position));
            if (!sink.add(end - position, zero ? NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO : 0)) {
                return;
            }
            position = end;
        }
    }

    @Override
    public void close() {
        closeCount++;
    }
}
