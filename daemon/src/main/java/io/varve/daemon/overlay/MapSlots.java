package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.NoSpaceException;
import java.io.IOException;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The two files that checkpoints are written to in turn, so that one is whole at any time.
 *
 * <p>Design note: both files have disk space for one checkpoint of all regions that have bits, taken before a page of
 * a new region may change its state. So the write that would need more fails with "no space", and a commit never
 * does: with the journal full or absent it is a checkpoint, and that has its place. A copy-on-write file system can
 * break this promise; the overlay then fails as after any failed sync.
 *
 * <p>Writing is owned by the epoch that is being committed, reserving by the agent; they touch different bytes.
 */
final class MapSlots implements AutoCloseable {

    /** Regions by which the reserved space grows: 16 regions are 64 KiB for 1 GiB of disk. */
    private static final int GROWTH_REGIONS = 16;

    private final BlockFile[] files;
    private final UUID id;
    private final int regionCount;
    private final RecordBuffers buffers;
    /** Stored regions that both files have space for; no bits lie behind. */
    private int capacity;
    private int newest;

    /**
     * @param files  two, become this object's own
     * @param newest which of them holds the newest whole slot
     */
    MapSlots(BlockFile[] files, int newest, OverlayMeta meta, RecordBuffers buffers) {
        this.files = files;
        this.newest = newest;
        this.id = meta.id();
        this.regionCount = StateMap.regionCount(meta.pageCount());
        this.buffers = buffers;
    }

    /**
     * After opening, before the first checkpoint: reserves for the states as they are. A crash may have taken
     * reserved space away; if the disk is full now the client may still read, and write what has its place.
     *
     * @param stored            regions whose bits each of the files holds
     * @param storedRegionCount of the states
     */
    void resume(int[] stored, int storedRegionCount) throws IOException {
        capacity = Math.max(storedRegionCount, Math.max(stored[0], stored[1]));
        try {
            allocate(files[0], regionCount, stored[0], capacity);
            allocate(files[1], regionCount, stored[1], capacity);
        } catch (NoSpaceException e) {
            return;
        }
    }

    /** Writes and syncs the checkpoint over the older slot; answers it with its checksum. */
    MapSlot write(MapSlot slot, StateSnapshot states) throws IOException {
        UnsafeBuffer buffer = buffers.take();
        try {
            MapSlot written = new MapWriter(files[1 - newest], buffer).write(id, slot, states);
            newest = 1 - newest;
            return written;
        } finally {
            buffers.give(buffer);
        }
    }

    /**
     * Makes room for the bits of so many regions.
     *
     * @throws NoSpaceException if there is none; what was reserved before stays
     */
    void reserve(int storedRegionCount) throws IOException {
        if (storedRegionCount > capacity) {
            int wanted = Math.min(regionCount, Math.max(storedRegionCount, capacity + GROWTH_REGIONS));
            allocate(files[0], regionCount, capacity, wanted);
            allocate(files[1], regionCount, capacity, wanted);
            capacity = wanted;
        }
    }

    /** Gives a new slot file its size and space: header, the whole index, and the bits of some regions. */
    static void create(BlockFile file, int regionCount) throws IOException {
        long length = MapFormat.fileLength(regionCount, Math.min(regionCount, GROWTH_REGIONS));
        file.truncate(0);
        file.truncate(length);
        file.zeroRange(0, length);
    }

    /** Gives a slot file the space behind the first {@code used} stored regions, as far as it was not given. */
    private static void allocate(BlockFile file, int regionCount, int used, int wanted) throws IOException {
        long from = MapFormat.fileLength(regionCount, used);
        long to = MapFormat.fileLength(regionCount, wanted);
        if (file.size() < to) {
            file.truncate(to);
        }
        if (from < to) {
            file.zeroRange(from, to - from);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            files[0].close();
        } finally {
            files[1].close();
        }
    }
}
