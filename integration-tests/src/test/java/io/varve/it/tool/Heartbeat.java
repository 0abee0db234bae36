package io.varve.it.tool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * What this machine does to a process that hardly wants anything: how late a thread wakes up, and how long a file of
 * one page takes to be synced. No server can be steadier than that: a pause that it shows too is not the server's.
 *
 * <p>Thread-safe because each figure is written by one thread, and read after it has ended.
 */
public final class Heartbeat implements AutoCloseable {

    private static final long PERIOD_NS = 2_000_000;
    private static final int PAGE_LENGTH = 4096;

    private final AtomicBoolean closed = new AtomicBoolean();
    private final FileChannel file;
    private final Thread waker = new Thread(this::wake, "heartbeat-wake");
    private final Thread syncer = new Thread(this::sync, "heartbeat-sync");
    private volatile long latestNs;
    private volatile long slowestSyncNs;
    private volatile IOException failure;

    private Heartbeat(FileChannel file) {
        this.file = file;
    }

    /** @param directory where the file is made, that is on the disk to be watched */
    public static Heartbeat start(Path directory) throws IOException {
        Heartbeat heartbeat = new Heartbeat(FileChannel.open(directory.resolve("heartbeat"),
                StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        heartbeat.waker.start();
        heartbeat.syncer.start();
        return heartbeat;
    }

    private void wake() {
        while (!closed.get()) {
            long begin = System.nanoTime();
            LockSupport.parkNanos(PERIOD_NS);
            latestNs = Math.max(latestNs, System.nanoTime() - begin - PERIOD_NS);
        }
    }

    private void sync() {
        ByteBuffer page = ByteBuffer.allocateDirect(PAGE_LENGTH);
        try {
            while (!closed.get()) {
                LockSupport.parkNanos(PERIOD_NS);
                long begin = System.nanoTime();
                file.write(page.clear(), 0);
                file.force(false);
                slowestSyncNs = Math.max(slowestSyncNs, System.nanoTime() - begin);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    /** Ends it. @return milliseconds: by how much a thread was late, and what a sync of one page took, at most */
    public String stop() throws IOException {
        close();
        if (failure != null) {
            throw failure;
        }
        return String.format("a thread woke up to %.0f ms late, a sync of one page took up to %.0f ms",
                latestNs / 1e6, slowestSyncNs / 1e6);
    }

    @Override
    public void close() throws IOException {
        closed.set(true);
        try {
            waker.join();
            syncer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        file.close();
    }
}
