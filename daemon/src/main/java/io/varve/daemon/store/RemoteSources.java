package io.varve.daemon.store;

import io.varve.daemon.cache.CacheCounters;
import io.varve.daemon.cache.CacheLimits;
import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.remote.FetchBuffers;
import io.varve.daemon.remote.Origin;
import io.varve.daemon.remote.RemoteCounters;
import io.varve.daemon.remote.RemoteLimits;
import io.varve.daemon.remote.RemoteSource;
import io.varve.shim.file.LockKind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Disks on other machines that are open: one source and one cache for each, however many chains read it. While another
 * process has the cache, its disk is read without one.
 *
 * <p>Thread-safe because of its lock, which is held while a cache is opened or closed.
 */
final class RemoteSources {

    private static final String LOCK = "lock";

    private final FileSpace space;
    private final Opener opener;
    private final RemoteThreads threads = new RemoteThreads();
    private final FetchBuffers buffers = new FetchBuffers();
    private final CacheCounters cacheCounters = new CacheCounters();
    private final RemoteCounters counters = new RemoteCounters();
    private final Map<LayerId, Shared> open = new HashMap<>();

    /** Finds a disk. Thread-safe. */
    @FunctionalInterface
    interface Opener {

        /**
         * Waits for nobody: a server that cannot be reached fails the reads.
         *
         * @param image    what the disk must be like
         * @param requests runs requests, which wait
         */
        Origin open(RemoteImage image, Executor requests) throws IOException;
    }

    RemoteSources(FileSpace space, Opener opener) {
        this.space = space;
        this.opener = opener;
    }

    /** A source and who uses it. Guarded by the lock of the sources. */
    private static final class Shared {

        private final RemoteSource source;
        private final Closeable upkeep;
        private final FileLocks.Lock lock;
        private int users;

        /** @param lock null if another process has the cache */
        Shared(RemoteSource source, Closeable upkeep, FileLocks.Lock lock) {
            this.source = source;
            this.upkeep = upkeep;
            this.lock = lock;
        }
    }

    /** One use of a source. Owned by the chain that reads it. */
    final class Use implements Closeable {

        private final LayerId id;
        private final Shared shared;

        private Use(LayerId id, Shared shared) {
            this.id = id;
            this.shared = shared;
        }

        BlockSource source() {
            return shared.source;
        }

        @Override
        public void close() throws IOException {
            release(id, shared);
        }
    }

    /**
     * @param directory for what is kept of it
     * @throws IOException if the directory cannot be made, or is that of another disk
     */
    synchronized Use open(LayerId id, RemoteImage image, Path directory) throws IOException {
        Shared shared = open.get(id);
        if (shared == null) {
            shared = openNow(image, directory);
            open.put(id, shared);
        }
        shared.users++;
        return new Use(id, shared);
    }

    private Shared openNow(RemoteImage image, Path directory) throws IOException {
        FileLocks.Lock lock = lock(directory);
        try {
            Origin origin = opener.open(image, threads.requests());
            ChunkCache cache = cache(image, directory, lock != null);
            RemoteSource source = new RemoteSource(
                    origin, cache, buffers, counters, RemoteLimits.DEFAULT, threads.readers());
            return new Shared(source, threads.repeat(source::upkeep), lock);
        } catch (IOException | RuntimeException e) {
            if (lock != null) {
                lock.close();
            }
            throw e;
        }
    }

    private ChunkCache cache(RemoteImage image, Path directory, boolean ours) throws IOException {
        long size = image.identity().size();
        if (!ours) {
            return ChunkCache.none(directory.toString(), size, cacheCounters);
        }
        long length = image.cacheLength() == 0 ? Long.MAX_VALUE : image.cacheLength();
        return ChunkCache.open(space, directory, size, image.id().hex(), CacheLimits.ofBytes(length), cacheCounters);
    }

    /** @return null if another process has the cache */
    private FileLocks.Lock lock(Path directory) throws IOException {
        space.createDirectories(directory);
        Path file = directory.resolve(LOCK);
        try {
            space.open(file, OpenMode.CREATE_NEW).close();
        } catch (FileAlreadyExistsException e) {
            // An earlier process made it; whether it is still there, the lock tells.
        }
        return space.tryLock(file, LockKind.EXCLUSIVE);
    }

    private synchronized void release(LayerId id, Shared shared) throws IOException {
        shared.users--;
        if (shared.users > 0) {
            return;
        }
        open.remove(id);
        try (FileLocks.Lock held = shared.lock) {
            shared.upkeep.close();
            shared.source.close();
        }
    }
}
