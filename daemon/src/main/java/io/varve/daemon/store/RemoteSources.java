package io.varve.daemon.store;

import io.varve.daemon.cache.CacheCounters;
import io.varve.daemon.cache.CacheLimits;
import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.remote.ContentCheck;
import io.varve.daemon.remote.DiskManifest;
import io.varve.daemon.remote.FetchBuffers;
import io.varve.daemon.remote.MirrorCounts;
import io.varve.daemon.remote.Mirrors;
import io.varve.daemon.remote.RemoteCounters;
import io.varve.daemon.remote.RemoteLimits;
import io.varve.daemon.remote.RemoteSource;
import io.varve.shim.file.LockKind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;

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
    private final Map<LayerId, Shared> open = new HashMap<>();
    private final Map<LayerId, Past> pasts = new LinkedHashMap<>();

    /** Finds a disk. Thread-safe. */
    @FunctionalInterface
    interface Opener {

        /**
         * Waits for nobody: a server that cannot be reached fails the reads.
         *
         * @param image    what the disk must be like
         * @param check    what every answer must pass
         * @param requests runs requests, which wait
         */
        Mirrors open(RemoteImage image, ContentCheck check, Executor requests) throws IOException;
    }

    RemoteSources(FileSpace space, Opener opener) {
        this.space = space;
        this.opener = opener;
    }

    /** What is counted of a disk, however often it is opened and closed. Guarded by the lock of the sources. */
    private static final class Past {

        private final RemoteCounters counters = new RemoteCounters();
        private final Map<String, MirrorCounts> mirrors = new LinkedHashMap<>();
        private RemoteImage image;

        private List<MirrorCounts> plus(List<MirrorCounts> present) {
            return present.stream()
                    .map(now -> mirrors.containsKey(now.name()) ? now.plus(mirrors.get(now.name())) : now)
                    .toList();
        }
    }

    /** A source and who uses it. Guarded by the lock of the sources. */
    private static final class Shared {

        private final Mirrors origin;
        private final ChunkCache cache;
        private final RemoteSource source;
        private final Closeable upkeep;
        private final Closeable manifest;
        private final FileLocks.Lock lock;
        private int users;

        /**
         * @param manifest null if it has none
         * @param lock     null if another process has the cache
         */
        Shared(Mirrors origin, ChunkCache cache, RemoteSource source, Closeable upkeep, Closeable manifest,
                FileLocks.Lock lock) {
            this.origin = origin;
            this.cache = cache;
            this.source = source;
            this.upkeep = upkeep;
            this.manifest = manifest;
            this.lock = lock;
        }

        void close() throws IOException {
            try (FileLocks.Lock held = lock; Closeable opened = manifest) {
                upkeep.close();
                source.close();
            }
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
     * @param manifest  of it, if it has one
     * @throws IOException if the directory cannot be made, or is that of another disk, or the manifest is damaged
     */
    synchronized Use open(LayerId id, RemoteImage image, Path directory, Path manifest) throws IOException {
        Shared shared = open.get(id);
        if (shared == null) {
            Past past = pasts.computeIfAbsent(id, any -> new Past());
            past.image = image;
            shared = openNow(image, directory, manifest, past.counters);
            open.put(id, shared);
        }
        shared.users++;
        return new Use(id, shared);
    }

    private Shared openNow(RemoteImage image, Path directory, Path manifestFile, RemoteCounters counters)
            throws IOException {
        FileLocks.Lock lock = lock(directory);
        DiskManifest manifest = null;
        try {
            if (image.manifest().isPresent()) {
                manifest = DiskManifest.open(
                        space, manifestFile, image.identity().size(), image.manifest().get());
            }
            Mirrors origin = opener.open(image, manifest == null ? ContentCheck.NONE : manifest, threads.requests());
            ChunkCache cache = cache(image, directory, lock != null, counters.cache());
            RemoteSource source = new RemoteSource(
                    origin, cache, buffers, counters, RemoteLimits.DEFAULT, threads.readers());
            return new Shared(origin, cache, source, threads.repeat(source::upkeep), manifest, lock);
        } catch (IOException | RuntimeException e) {
            try (FileLocks.Lock held = lock; Closeable opened = manifest) {
                throw e;
            }
        }
    }

    private ChunkCache cache(RemoteImage image, Path directory, boolean ours, CacheCounters cacheCounters)
            throws IOException {
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
        try {
            shared.close();
        } finally {
            Past past = pasts.get(id);
            past.plus(shared.origin.counts()).forEach(counts -> past.mirrors.put(counts.name(), counts));
        }
    }

    /** Of each disk that was open so far, for images that the caller finds. */
    synchronized List<RemoteStatus> status(Function<LayerId, List<ImageName>> images) {
        List<RemoteStatus> list = new ArrayList<>();
        pasts.forEach((id, past) -> {
            Shared shared = open.get(id);
            List<MirrorCounts> mirrors = shared == null
                    ? List.copyOf(past.mirrors.values())
                    : past.plus(shared.origin.counts());
            RemoteStatus.Kept kept = new RemoteStatus.Kept(
                    shared != null, shared == null ? 0 : shared.cache.keptLength(), past.image.cacheLength());
            list.add(new RemoteStatus(id, images.apply(id), past.image.identity().size(), past.image.manifest(),
                    mirrors, past.counters, kept));
        });
        return list;
    }
}
