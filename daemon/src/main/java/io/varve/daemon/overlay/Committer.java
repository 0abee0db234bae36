package io.varve.daemon.overlay;

import io.varve.daemon.io.NoSpaceException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Group commit of an overlay that is kept: one epoch is on its way at a time, and all who ask meanwhile share the
 * next one.
 *
 * <p>Owned by the thread that owns the overlay, but for {@link #writeEpoch} and the end of {@link #close}, which run
 * on a worker and hand over through its queue.
 */
final class Committer implements Durability {

    private enum Stage {
        IDLE,
        COMMITTING,
        /** The epoch was answered; the worker makes room in the journal for the next. */
        PREPARING
    }

    private final DirtyPages dirty;
    private final StateMap states;
    private final EpochBuilder builder;
    private final OverlayFiles files;
    private final Health health;
    private final SerialTasks worker;
    private final Bitmaps bitmaps;
    private final Epoch epoch = new Epoch();
    private final Runnable writeEpoch = this::writeEpoch;
    private final Runnable epochDone = this::epochDone;
    private final Runnable prepared = this::prepared;
    private List<CommitListener> waiting = new ArrayList<>();
    private List<CommitListener> served = new ArrayList<>();
    private List<CommitListener> answering = new ArrayList<>();
    private Stage stage = Stage.IDLE;
    /** The next epoch is to be a checkpoint, whatever is dirty. */
    private boolean checkpointWanted;
    /** Written by the worker before it posts {@link #epochDone}. */
    private boolean preparing;
    private Executor owner;
    private HolePuncher puncher;

    /** @param opened if its journal has records of older owners, nothing is appended to it behind them */
    Committer(OverlayOpener.Opened opened, Health health, Executor workers) {
        this.files = opened.files();
        this.states = opened.states();
        this.bitmaps = opened.bitmaps();
        this.health = health;
        this.dirty = new DirtyPages(states.pageCount());
        this.builder = new EpochBuilder(dirty, states, files.data(), files.journal(),
                files.geometry(), files.buffers());
        this.worker = new SerialTasks(workers);
        this.checkpointWanted = opened.recovered();
    }

    @Override
    public Bitmaps bitmaps() {
        return bitmaps;
    }

    @Override
    public Executor attach(Executor newOwner, HolePuncher newPuncher) {
        owner = newOwner;
        puncher = newPuncher;
        if (checkpointWanted) {
            begin();
        }
        return task -> worker.execute(() -> owner.execute(task));
    }

    @Override
    public boolean commits() {
        return true;
    }

    @Override
    public void reserve(StateMap map, long pageIndex, long pageCount, int state) throws IOException {
        try {
            files.slots().reserve(map.storedRegionCount() + map.growthOfSet(pageIndex, pageCount, state));
        } catch (NoSpaceException e) {
            throw e;
        } catch (IOException e) {
            throw health.fail(e);
        }
    }

    @Override
    public void overwriting(long pageIndex, long pageCount) {
        dirty.overwritten().add(pageIndex, pageCount);
    }

    @Override
    public void changed(long pageIndex, long pageCount) {
        dirty.changed().add(pageIndex, pageCount);
    }

    @Override
    public void commit(CommitListener listener) {
        if (health.failed()) {
            listener.onCommitted(health.failure());
        } else if (!dirty.isEmpty()) {
            waiting.add(listener);
            if (stage == Stage.IDLE) {
                begin();
            }
        } else if (stage == Stage.COMMITTING) {
            served.add(listener);
        } else {
            listener.onCommitted(null);
        }
    }

    @Override
    public void checkpoint(CommitListener listener) {
        if (health.failed()) {
            listener.onCommitted(health.failure());
            return;
        }
        checkpointWanted = true;
        waiting.add(listener);
        if (stage == Stage.IDLE) {
            begin();
        }
    }

    private void begin() {
        List<CommitListener> none = served;
        served = waiting;
        waiting = none;
        stage = Stage.COMMITTING;
        if (checkpointWanted) {
            checkpointWanted = false;
            builder.beginCheckpoint(epoch);
        } else {
            builder.begin(epoch);
        }
        worker.execute(writeEpoch);
    }

    /** On a worker. */
    private void writeEpoch() {
        IOException failure = null;
        try {
            if (health.failed()) {
                failure = health.failure();
            } else {
                files.writer().write(epoch);
            }
        } catch (IOException | RuntimeException e) {
            failure = fail(e);
        }
        epoch.finish(failure);
        boolean more = failure == null && files.journal().wantsRoom();
        preparing = more;
        owner.execute(epochDone);
        if (more) {
            prepareJournal();
        }
    }

    private void prepareJournal() {
        try {
            files.journal().prepare();
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
        owner.execute(prepared);
    }

    /** On a worker. */
    private IOException fail(Exception cause) {
        IOException failure = health.fail(cause);
        files.failureMark().set(failure);
        return failure;
    }

    private void epochDone() {
        IOException failure = epoch.failure();
        if (failure == null) {
            account();
        }
        if (epoch.hasRecord()) {
            epoch.giveBuffer(files.buffers());
        } else if (epoch.kind() == Epoch.Kind.CHECKPOINT) {
            states.release();
        }
        List<CommitListener> none = answering;
        answering = served;
        served = none;
        stage = preparing ? Stage.PREPARING : Stage.IDLE;
        proceed();
        answer(failure);
    }

    private void prepared() {
        stage = Stage.IDLE;
        proceed();
    }

    /** Begins the next epoch if somebody waits for it; it does not wait for those who are answered meanwhile. */
    private void proceed() {
        if (stage != Stage.IDLE || waiting.isEmpty()) {
            return;
        }
        if (health.failed()) {
            List<CommitListener> refused = waiting;
            waiting = new ArrayList<>();
            refused.forEach(listener -> listener.onCommitted(health.failure()));
        } else {
            begin();
        }
    }

    private void answer(IOException failure) {
        List<CommitListener> listeners = answering;
        for (int i = 0; i < listeners.size(); i++) {
            listeners.get(i).onCommitted(failure);
        }
        listeners.clear();
    }

    /** What the journal could replay, and which zeroed pages may be punched, now that the epoch is durable. */
    private void account() {
        if (epoch.kind() == Epoch.Kind.CHECKPOINT) {
            dirty.checkpointed();
            puncher.release(0, states.pageCount());
        } else if (epoch.hasRecord()) {
            JournalRecord record = epoch.record();
            dirty.recorded(record);
            for (int entry = 0; entry < record.entryCount(); entry++) {
                if (record.kind(entry) == JournalRecord.ZERO) {
                    puncher.release(record.pageIndex(entry), record.pageCount(entry));
                }
            }
        }
    }

    @Override
    public void close(Runnable onClosed) {
        EpochWriter.Unsaved unsaved = unsaved();
        StateSnapshot snapshot = states.snapshot();
        List<CommitListener> last = waiting;
        waiting = new ArrayList<>();
        worker.execute(() -> {
            finish(snapshot, unsaved);
            if (!last.isEmpty()) {
                IOException failure = health.failure();
                owner.execute(() -> last.forEach(listener -> listener.onCommitted(failure)));
            }
            onClosed.run();
        });
    }

    private EpochWriter.Unsaved unsaved() {
        if (checkpointWanted || !dirty.changed().isEmpty()) {
            return EpochWriter.Unsaved.STATES;
        }
        return dirty.isEmpty() ? EpochWriter.Unsaved.NOTHING : EpochWriter.Unsaved.DATA;
    }

    @Override
    public void unlock() throws IOException {
        files.lock().close();
    }

    @Override
    public void abandon(Runnable onClosed) {
        worker.execute(() -> {
            closeFiles();
            onClosed.run();
        });
    }

    /** On a worker. */
    private void finish(StateSnapshot snapshot, EpochWriter.Unsaved unsaved) {
        try {
            if (health.failed()) {
                files.failureMark().set(health.failure());
            } else {
                files.writer().finish(snapshot, unsaved);
                bitmaps.close();
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
        closeFiles();
    }

    private void closeFiles() {
        try {
            files.close();
        } catch (IOException e) {
            health.fail(e);
        }
    }
}
