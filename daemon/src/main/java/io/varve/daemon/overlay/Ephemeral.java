package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;

/**
 * An overlay that ends with its client: a data file and nothing else, made at the first write and removed when it is
 * closed. Commits have nothing to do, because after a crash nobody can come back for the data. It may have memory in
 * front of the file.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class Ephemeral implements Durability {

    private final OverlayMeta meta;
    private final BlockFile data;
    private final StateMap states;
    private final Health health;
    private final SerialTasks worker;
    /** Null if all pages are in the file. */
    private MemoryData memory;

    private Ephemeral(OverlayMeta meta, BlockFile data, Health health, Executor workers) {
        this.meta = meta;
        this.data = data;
        this.states = new StateMap(meta.pageCount());
        this.health = health;
        this.worker = new SerialTasks(workers);
    }

    static Ephemeral create(FileSpace files, Path directory, long size, Health health, Executor workers) {
        OverlayMeta meta = new OverlayMeta(UUID.randomUUID(), "", "", List.of(), size, "", System.currentTimeMillis());
        BlockFile data = new LateFile(files, directory, OverlayOpener.DATA, Pages.offset(meta.pageCount()));
        return new Ephemeral(meta, data, health, workers);
    }

    OverlayMeta meta() {
        return meta;
    }

    /** From now on pages are in memory while the pool has some. */
    MemoryData putInMemory(MemoryPool pool) {
        memory = new MemoryData(data, pool, states);
        return memory;
    }

    BlockFile data() {
        return data;
    }

    StateMap states() {
        return states;
    }

    @Override
    public Executor attach(Executor owner, HolePuncher puncher) {
        return task -> worker.execute(() -> owner.execute(task));
    }

    @Override
    public boolean commits() {
        return false;
    }

    @Override
    public void reserve(StateMap states, long pageIndex, long pageCount, int state) {
        // States are never written.
    }

    @Override
    public void overwriting(long pageIndex, long pageCount) {
        // Nobody asks what was.
    }

    @Override
    public void changed(long pageIndex, long pageCount) {
        // Nobody asks what was.
    }

    @Override
    public void zeroed(long pageIndex, long pageCount) {
        if (memory != null) {
            memory.zeroed(pageIndex, pageCount);
        }
    }

    @Override
    public void commit(CommitListener listener) {
        listener.onCommitted(health.failure());
    }

    @Override
    public void checkpoint(CommitListener listener) {
        throw new UnsupportedOperationException("the overlay is not kept");
    }

    @Override
    public void unlock() {
        throw new UnsupportedOperationException("the overlay is not kept");
    }

    @Override
    public void abandon(Runnable onClosed) {
        throw new UnsupportedOperationException("the overlay is not kept");
    }

    @Override
    public void close(Runnable onClosed) {
        if (memory != null) {
            memory.beginClose();
        }
        BlockFile last = memory == null ? data : memory;
        worker.execute(() -> {
            try {
                last.close();
            } catch (IOException e) {
                health.fail(e);
            }
            onClosed.run();
        });
    }
}
