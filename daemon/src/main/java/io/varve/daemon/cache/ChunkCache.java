package io.varve.daemon.cache;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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

    private final String name;
    private final long diskSize;
    private final CacheHealth health;
    private final CacheCounters counters;
    /** This and the next ones are null if there are no files. */
    private final CacheFiles files;
    private final CacheUpkeep upkeep;
    private final ChunkIntake intake;

    private ChunkCache(String name, long diskSize, CacheHealth health, CacheCounters counters, CacheFiles files,
            CacheUpkeep upkeep) {
        this.name = name;
        this.diskSize = diskSize;
        this.health = health;
        this.counters = counters;
        this.files = files;
        this.upkeep = upkeep;
        this.intake = files == null ? null : new ChunkIntake(name, health, counters, files, upkeep);
    }

    /**
     * Opens the cache in the directory, or makes it. If the disk refuses that, the cache is off.
     *
     * @param diskSize bytes, 1 to {@link Chunks#MAX_DISK_SIZE}
     * @param identity what tells this state of this disk from any other: its address and its entity tag, say
     * @param counters may be shared by several
     * @throws OtherDiskException     if the directory holds the cache of a disk of another identity or size
     * @throws FormatVersionException if a later version of the format is in the directory
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
        health.leaveToOther();
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

    /** Bytes of the chunks that take space on disk, as of now. */
    public long keptLength() {
        return files == null ? 0 : upkeep.allocatedLength();
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
     * @return bytes read, not beyond the cluster; or {@link BlockSource#WOULD_BLOCK}: not here, or not in memory. The
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
            int readable = readable(position, length);
            if (readable == 0) {
                return BlockSource.WOULD_BLOCK;
            }
            upkeep.clock().read(chunk, Chunks.index(position + readable - 1));
            return files.pages.readNow(position, destination, index, readable);
        } catch (IOException e) {
            return readLessNow(position, destination, index, length);
        } finally {
            upkeep.readers().leave(chunk);
        }
    }

    /** Without the chunk that is damaged, if that is not the first one. */
    private int readLessNow(long position, MutableDirectBuffer destination, int index, int length) {
        try {
            return files.pages.readNow(position, destination, index, inChunk(position, length));
        } catch (IOException e) {
            upkeep.distrust(Chunks.index(position));
            return BlockSource.WOULD_BLOCK;
        }
    }

    /**
     * Reads all of the range if it is here, waiting for the local disk.
     *
     * @return false if some of it is not here; the destination may then hold anything
     * @throws IOException if the range does not lie inside the pages of the disk
     */
    public boolean read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        return length == readSome(position, destination, index, length);
    }

    /**
     * Reads what is here, waiting for the local disk, up to the first chunk that is not.
     *
     * @return bytes, 0 to {@code length}; the destination may hold anything behind them
     * @throws IOException if the range does not lie inside the pages of the disk
     */
    public int readSome(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        int done = 0;
        while (done < length) {
            int count = readCluster(position + done, destination, index + done, length - done);
            if (count == 0) {
                break;
            }
            done += count;
        }
        return done;
    }

    /** @return bytes, not beyond the cluster; 0 if the first chunk is not here */
    private int readCluster(long position, MutableDirectBuffer destination, int index, int length) {
        int chunk = Chunks.index(position);
        if (!isReady(chunk)) {
            return 0;
        }
        upkeep.readers().enter(chunk);
        try {
            int readable = readable(position, length);
            if (readable > 0) {
                upkeep.clock().read(chunk, Chunks.index(position + readable - 1));
                files.pages.read(position, destination, index, readable);
            }
            return readable;
        } catch (IOException e) {
            return readLess(position, destination, index, length);
        } finally {
            upkeep.readers().leave(chunk);
        }
    }

    /** Without the chunk that is damaged, if that is not the first one. */
    private int readLess(long position, MutableDirectBuffer destination, int index, int length) {
        try {
            int count = inChunk(position, length);
            files.pages.read(position, destination, index, count);
            return count;
        } catch (IOException e) {
            upkeep.distrust(Chunks.index(position));
            return 0;
        }
    }

    /** Bytes of the range that are here, as of now, up to the end of the cluster. */
    private int readable(long position, int length) {
        int chunk = Chunks.index(position);
        int count = health.isReadable() ? files.ready.runInCluster(chunk) : 0;
        return count == 0 ? 0 : (int) Math.min(length, Chunks.position(chunk + count) - position);
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
     * Checks chunks that came from the origin one behind the other, and keeps those that it can: each is here now if
     * {@link #isReady} says so. For threads that may wait.
     *
     * @param buffer off-heap
     * @param length bytes of whole chunks, of which the last one of the disk may be short
     * @return for each chunk that is not what its digest says, which one and why; nothing of these is kept
     */
    public List<WrongChunkException> put(int firstChunk, DirectBuffer buffer, int index, int length) {
        int last = firstChunk + Chunks.count(length) - 1;
        long end = Chunks.position(last) + Chunks.length(last, diskSize);
        if (length < 1 || Chunks.position(firstChunk) + length != end) {
            throw new IllegalArgumentException(
                    length + " bytes at chunk " + firstChunk + " are not whole ones of " + name);
        }
        if (files == null) {
            counters.declined.add(last - firstChunk + 1);
            return List.of();
        }
        return intake.put(firstChunk, buffer, index, length);
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
            files.digests.write(firstChunk, count, digests, index, DigestFile.GIVEN);
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
