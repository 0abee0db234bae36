package io.varve.daemon.serve;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;

/**
 * Exports of bytes in memory, one per name, shared by all of its connections; a flush is answered by another thread.
 *
 * <p>Thread-safe because names are in a concurrent map, and the bytes of one name are used by one agent.
 */
final class SharedMemoryDirectory implements ExportDirectory, AutoCloseable {

    static final int SIZE = 1 << 20;

    private final Map<String, MemoryDisk> disks = new ConcurrentHashMap<>();
    private final AtomicInteger nextKey = new AtomicInteger();
    private final ExecutorService elsewhere = Executors.newSingleThreadExecutor();
    final AtomicInteger openCount = new AtomicInteger();
    /** Runs while an export is being opened. */
    volatile Runnable onOpen = () -> { };

    @Override
    public List<Listing> list() {
        return List.of(new Listing("disk", ""));
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        if (!name.startsWith("disk")) {
            throw new ExportException(ExportException.Kind.UNKNOWN, "no export " + name);
        }
        return new ExportInfo(name, "", SIZE, Set.of(Feature.FLUSH, Feature.CAN_MULTI_CONN), 4096, List.of());
    }

    @Override
    public Export open(String name) throws ExportException {
        ExportInfo info = describe(name);
        openCount.incrementAndGet();
        onOpen.run();
        return disks.computeIfAbsent(name, key -> new MemoryDisk(info, nextKey.getAndIncrement()));
    }

    /** Flushes are not answered until the latch is down. */
    CountDownLatch holdFlushes() {
        CountDownLatch release = new CountDownLatch(1);
        elsewhere.execute(() -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return release;
    }

    @Override
    public void close() {
        elsewhere.shutdown();
    }

    private final class MemoryDisk implements Export {
        private final ExportInfo info;
        private final int ownerKey;
        private final byte[] bytes = new byte[SIZE];
        private volatile Thread thread;
        private volatile ExportOwner owner;

        MemoryDisk(ExportInfo info, int ownerKey) {
            this.info = info;
            this.ownerKey = ownerKey;
        }

        @Override
        public ExportInfo info() {
            return info;
        }

        @Override
        public int ownerKey() {
            return ownerKey;
        }

        @Override
        public void attach(ExportOwner owner) {
            if (thread != null && thread != Thread.currentThread()) {
                throw new AssertionError("two agents serve " + info.name());
            }
            thread = Thread.currentThread();
            this.owner = owner;
        }

        @Override
        public void read(long offset, int length, int commandFlags, Reply reply) {
            reply.buffer().putBytes(reply.bufferIndex(), bytes, (int) offset, length);
            reply.complete();
        }

        @Override
        public void write(long offset, int length, int flags, DirectBuffer payload, int payloadIndex, Reply reply) {
            payload.getBytes(payloadIndex, bytes, (int) offset, length);
            reply.complete();
        }

        @Override
        public void flush(Reply reply) {
            reply.park();
            elsewhere.execute(() -> owner.post(reply::complete));
        }

        @Override
        public void trim(long offset, long length, int commandFlags, Reply reply) {
            throw new IllegalStateException("trim breaks this export on purpose");
        }

        @Override
        public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
            throw new AssertionError("not offered");
        }

        @Override
        public void cache(long offset, long length, Reply reply) {
            throw new AssertionError("not offered");
        }

        @Override
        public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
            throw new AssertionError("not offered");
        }

        @Override
        public void close() {
            openCount.decrementAndGet();
        }
    }
}
