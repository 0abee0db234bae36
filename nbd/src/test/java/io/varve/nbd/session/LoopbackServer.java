package io.varve.nbd.session;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.NegotiationLimits;
import io.varve.nbd.negotiate.Negotiator;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A whole server of one export without sockets and threads: what a client writes is handled at once, and what it reads
 * are the answers. Parked requests finish, in any order, when the client has nothing else to read.
 *
 * <p>Owned by the test's thread.
 */
final class LoopbackServer implements ByteChannel, ExportDirectory, Outlet {

    private final MemoryExport export;
    private final Random random;
    private final Negotiator negotiator = new Negotiator(this, NegotiationLimits.DEFAULT);
    private final ExpandableArrayBuffer toClient = new ExpandableArrayBuffer();
    private int written;
    private int read;
    private Session session;
    private boolean open = true;
    private boolean ended;

    LoopbackServer(MemoryExport export, Random random) {
        this.export = export;
        this.random = random;
        negotiator.start();
        answer(negotiator.takeOutput());
    }

    @Override
    public int write(ByteBuffer source) {
        final byte[] bytes = new byte[Math.min(source.remaining(), 1 + random.nextInt(8192))];
        source.get(bytes);
        if (session != null) {
            session.adopt(bytes);
            return bytes.length;
        }
        final Outcome outcome = negotiator.onBytes(new UnsafeBuffer(bytes), 0, bytes.length);
        answer(negotiator.takeOutput());
        ended = outcome == Outcome.CLOSE;
        if (outcome == Outcome.NEGOTIATED) {
            final SlotPool pool = new SlotPool(1 << 20);
            session = new Session(negotiator.negotiated(), this, pool, pool.acquire(64 * 1024));
            session.adopt(negotiator.unread());
        }
        return bytes.length;
    }

    @Override
    public int read(ByteBuffer target) {
        while (read == written && session != null && !export.parked.isEmpty()) {
            Collections.shuffle(export.parked, random);
            export.parked.remove(export.parked.size() - 1).run();
            session.flush();
        }
        if (read == written) {
            final boolean finished = ended || session != null && session.isFinished();
            if (!finished) {
                throw new AssertionError("the client waits for an answer that will not come");
            }
            return -1;
        }
        final int length = Math.min(Math.min(target.remaining(), written - read), 1 + random.nextInt(8192));
        toClient.getBytes(read, target, length);
        read += length;
        if (read == written) {
            read = 0;
            written = 0;
        }
        return length;
    }

    @Override
    public int send(DirectBuffer buffer, int index, int length) {
        toClient.putBytes(written, buffer, index, length);
        written += length;
        return length;
    }

    @Override
    public void requestFlush() {
        // read() flushes after every parked request.
    }

    @Override
    public List<Listing> list() {
        return List.of(new Listing(export.info().name(), "in memory"));
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        if (!name.equals(export.info().name())) {
            throw new ExportException(ExportException.Kind.UNKNOWN, "no export '" + name + "'");
        }
        return export.info();
    }

    @Override
    public Export open(String name) throws ExportException {
        describe(name);
        return export;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
    }

    private void answer(byte[] bytes) {
        toClient.putBytes(written, bytes);
        written += bytes.length;
    }
}
