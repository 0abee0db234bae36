package io.varve.daemon.disk;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.ForwardingFile;
import io.varve.daemon.io.ForwardingFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Real files that count their syncs, hold them back, or let them fail. */
final class SyncWatch extends ForwardingFileSpace {

    private final AtomicInteger syncs = new AtomicInteger();
    private volatile boolean failing;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    SyncWatch(FileSpace files) {
        super(files);
    }

    void forget() {
        syncs.set(0);
        failing = false;
    }

    int syncCount() {
        return syncs.get();
    }

    void failSyncs() {
        failing = true;
    }

    void holdSyncs() {
        gate = new CountDownLatch(1);
    }

    void releaseSyncs() {
        gate.countDown();
    }

    @Override
    public BlockFile open(Path path, OpenMode mode) throws IOException {
        return new ForwardingFile(super.open(path, mode)) {
            @Override
            public void sync() throws IOException {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                if (failing) {
                    throw new IOException(name() + ": sync failed");
                }
                super.sync();
                syncs.incrementAndGet();
            }
        };
    }
}
