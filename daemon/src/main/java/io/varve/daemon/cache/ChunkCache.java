package io.varve.daemon.cache;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.ChunkHasher;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The part of one remote disk that is here: its chunks come in by {@link #put}, go out by {@link #readNow} and {@link
 * #read}, and those that nobody reads make room for others. Whether a chunk is here is never certain: what was there a
 * moment ago may have been evicted, or turn out to be damaged; then it is fetched again. A cache that cannot be written
 * takes nothing new, and one whose sync failed has nothing; neither is an error to who reads.
 *
 * <p>Thread-safe because readers count themselves in before they look at the bit of their chunk, a bit is set after
 * the bytes are written, and writing a chunk and punching it share a lock. {@link #close} comes once, after all other
 * calls returned.
 */
public final class ChunkCache implements Closeable {

    private static final ThreadLocal<ChunkHasher> HASHER = ThreadLocal.withInitial(ChunkHasher::new);

    private final String name;
    private final long diskSize;
    private final CacheHealth health;
    private final CacheCounters counters;
    /** This and the next are null if there are no files. */
    private final CacheFiles files;
    private final CacheUpkeep upkeep;

    private ChunkCache(String name, long diskSize, CacheHealth health, CacheCounters counters, CacheFiles files,
            CacheUpkeep upkeep) {
        this.name = name;
        this.diskSize = diskSize;
        this.health = health;
        this.counters = counters;
        this.files = files;
        this.upkeep = upkeep;
    }

    /**
     * Opens the cache in the directory, or makes it. If the disk refuses that, the cache is off.
     *
     * @param diskSize bytes, 1 to {@link Chunks#MAX_DISK_SIZE}
     * @param identity what tells this state of this disk from any other: its address and its entity tag, say
     * @param counters may be shared by several
     * @throws OtherDiskException     if the directory holds the cache of a disk of another identity or size
     * @throws FormatVersionException if another version of the format is in the directory
     */
    public static ChunkCache open(FileSpace space, Path directory, long diskSize, String identity, CacheLimits limits,
            CacheCounters counters) throws OtherDiskException, FormatVersionException {
        return open(space, directory, new ReadyHeader(diskSize, identity), limits, counters, System::nanoTime);
    }

    /**
     * A cache that keeps nothing and touches no file, for who reads a disk whose cache is another process's.
     *
     * @param name for messages
     */
    public static ChunkCache none(String name, long diskSize, CacheCounters counters) {
        CacheHealth health = new CacheHealth(name, counters);
        health.turnOff(new IOException("another process has it"));
        return new ChunkCache(name, diskSize, health, counters, null, null);
    }

    /** @param nowNs any clock that does not go back */
    static ChunkCache open(FileSpace space, Path directory, ReadyHeader header, CacheLimits limits,
            CacheCounters counters, LongSupplier nowNs) throws OtherDiskException, FormatVersionException {
        String name = directory.toString();
        CacheHealth health = new CacheHealth(name, counters);
        CacheFiles files = null;
        CacheUpkeep upkeep = null;
        try {
            files = CacheFiles.open(space, directory, header);
            upkeep = new CacheUpkeep(name, files, health, limits, counters, nowNs);
        } catch (OtherDiskException | FormatVersionException e) {
            throw e;
        } catch (IOException e) {
            health.turnOff(e);
        }
        return new ChunkCache(name, header.diskSize(), health, counters, files, upkeep);
    }

    /** Bytes of the disk. */
    public long diskSize() {
        return diskSize;
    }

    /** Whether the chunk is here, as of now. Any thread. */
    public boolean isReady(int chunk) {
        return health.isReadable() && files.ready.get(chunk);
    }

    /** Whether {@link #put} may keep anything new, as of now. */
    public boolean hasRoom() {
        return health.isWritable() && upkeep.hasRoom();
    }

    /** Whether so many bytes, put one after the other and read soon, would all be here then, as of now. */
    public boolean keeps(long length) {
        return health.isWritable() && upkeep.keeps(length);
    }

    /**
     * Reads what is here and in memory; for agents: no lock, no waiting. What follows the disk in its last page is
     * zero.
     *
     * @return bytes read, not beyond the chunk; or {@link BlockSource#WOULD_BLOCK}: not here, or not in memory. The
     *     destination may then hold anything.
     * @throws IOException if the range does not lie inside the pages of the disk
     */
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        int chunk = Chunks.index(position);
        if (!isReady(chunk)) {
            return BlockSource.WOULD_BLOCK;
        }
        upkeep.readers().enter(chunk);
        try {
            if (!isReady(chunk)) {
                return BlockSource.WOULD_BLOCK;
            }
            upkeep.clock().read(chunk);
            return files.pages.readNow(position, destination, index, inChunk(position, length));
        } catch (IOException e) {
            upkeep.distrust(chunk);
            return BlockSource.WOULD_BLOCK;
        } finally {
            upkeep.readers().leave(chunk);
        }
    }

    /**
     * Reads all of the range if it is here, waiting for the local disk.
     *
     * @return false if some of it is not here; the destination may then hold anything
     * @throws IOException if the range does not lie inside the pages of the disk
     */
    public boolean read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        for (int done = 0; done < length; ) {
            int step = inChunk(position + done, length - done);
            if (!readChunk(position + done, destination, index + done, step)) {
                return false;
            }
            done += step;
        }
        return true;
    }

    private boolean readChunk(long position, MutableDirectBuffer destination, int index, int length) {
        int chunk = Chunks.index(position);
        if (!isReady(chunk)) {
            return false;
        }
        upkeep.readers().enter(chunk);
        try {
            if (!isReady(chunk)) {
                return false;
            }
            upkeep.clock().read(chunk);
            files.pages.read(position, destination, index, length);
            return true;
        } catch (IOException e) {
            upkeep.distrust(chunk);
            return false;
        } finally {
            upkeep.readers().leave(chunk);
        }
    }

    private static int inChunk(long position, int length) {
        return (int) Math.min(length, Chunks.position(Chunks.index(position) + 1) - position);
    }

    private void requireInside(long position, int length) throws IOException {
        if (position < 0 || length < 0 || position > Pages.offset(Pages.count(diskSize)) - length) {
            throw new IOException(name + ": " + length + " bytes at " + position + " are not inside a disk of "
                    + diskSize + " bytes");
        }
    }

    /**
     * Checks a chunk that came from the origin, and keeps it if it can. For threads that may wait.
     *
     * @param buffer off-heap
     * @param length bytes of the chunk: 65536, or what the last one has
     * @return whether it is here now
     * @throws WrongChunkException if these are not the bytes that its digest says; nothing is kept
     */
    public boolean put(int chunk, DirectBuffer buffer, int index, int length) throws WrongChunkException {
        if (length != Chunks.length(chunk, diskSize)) {
            throw new IllegalArgumentException(length + " bytes are not chunk " + chunk + " of " + name);
        }
        if (files == null) {
            counters.declined.increment();
            return false;
        }
        byte[] digest = new byte[Sha256.LENGTH];
        HASHER.get().hash(buffer, index, length, 1, new UnsafeBuffer(digest), 0);
        synchronized (upkeep.writeLock(chunk)) {
            boolean known = isKnown(chunk, digest);
            if (isReady(chunk)) {
                return true;
            }
            if (!health.isWritable() || !upkeep.takeSpace(chunk)) {
                counters.declined.increment();
                return false;
            }
            try {
                files.pages.write(chunk, buffer, index, length);
                if (!known) {
                    files.digests.note(chunk, digest);
                }
            } catch (IOException e) {
                health.writeFailed(e);
                return false;
            }
            upkeep.arrived(chunk);
            return true;
        }
    }

    /** Whether a digest is known, which is then this one. */
    private boolean isKnown(int chunk, byte[] digest) throws WrongChunkException {
        byte[] known = new byte[Sha256.LENGTH];
        int kind;
        try {
            kind = files.digests.read(chunk, known);
        } catch (IOException e) {
            kind = DigestFile.UNKNOWN;
        }
        if (kind != DigestFile.UNKNOWN && !Arrays.equals(digest, known)) {
            counters.wrong.increment();
            throw new WrongChunkException(name, chunk, kind == DigestFile.NOTED);
        }
        return kind != DigestFile.UNKNOWN;
    }

    /**
     * Says what chunks must be, as a manifest does, before anything is put or read; durable when this returns. What
     * is here and is something else is forgotten.
     *
     * @param digests SHA-256 of each chunk, 32 bytes each
     * @throws IOException if that cannot be kept, so that nothing would be checked by it
     */
    public void giveDigests(int firstChunk, DirectBuffer digests, int index, int count) throws IOException {
        requireWritable();
        byte[] known = new byte[Sha256.LENGTH];
        byte[] given = new byte[Sha256.LENGTH];
        for (int i = 0; i < count; i++) {
            int chunk = firstChunk + i;
            synchronized (upkeep.writeLock(chunk)) {
                digests.getBytes(index + i * Sha256.LENGTH, given);
                if (files.ready.get(chunk) && (files.digests.read(chunk, known) == DigestFile.UNKNOWN
                        || !Arrays.equals(given, known))) {
                    upkeep.distrust(chunk);
                }
            }
        }
        // First the bitmap: a chunk whose digest is another one must not come back with a power cut.
        upkeep.round();
        requireWritable();
        try {
            files.digests.give(firstChunk, digests, index, count);
        } catch (IOException e) {
            health.writeFailed(e);
            throw e;
        }
        upkeep.persistDigests();
    }

    private void requireWritable() throws IOException {
        if (!health.isWritable()) {
            throw new IOException(name + ": cannot keep the digests of a manifest, the cache is off");
        }
    }

    /** The chunks stay, however little they are read, until {@link #unpin}. A pin is not kept over a close. */
    public void pin(int firstChunk, int count) {
        for (int i = 0; files != null && i < count; i++) {
            upkeep.clock().pin(firstChunk + i);
        }
    }

    public void unpin(int firstChunk, int count) {
        for (int i = 0; files != null && i < count; i++) {
            upkeep.clock().unpin(firstChunk + i);
        }
    }

    /** Whether {@link #upkeep} has something to do by now. */
    public boolean wantsUpkeep() {
        return files != null && upkeep.isDue();
    }

    /**
     * Makes room, and makes durable what came. Waits for the disk, and for nobody who reads; somebody calls it every
     * few seconds, and when {@link #wantsUpkeep} says so.
     */
    public void upkeep() {
        if (files != null) {
            upkeep.round();
        }
    }

    /** Makes durable what is here, if the cache is sound. */
    @Override
    public void close() throws IOException {
        if (files != null) {
            upkeep.round();
            files.close();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
