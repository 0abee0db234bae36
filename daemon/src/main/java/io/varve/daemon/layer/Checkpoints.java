package io.varve.daemon.layer;

import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes a growing layer durable step by step on a thread of its own, so that the disk writes while the pages are
 * still coming, and notes how far that is for a run that continues.
 *
 * <p>A step begins with a mark, taken when a segment is full. When all segments up to the mark are in the files, the
 * files are synced, then the note is written. One step at a time.
 *
 * <p>Owned by the thread that writes the layer.
 */
final class Checkpoints implements AutoCloseable {

    /** Bytes of the blob between marks. */
    private static final long STEP_LENGTH = 64L << 20;

    private final FileSpace space;
    private final LayerWork work;
    private final long size;
    private final boolean noted;
    private ExecutorService thread;
    private Future<?> running;
    private long nextLength = STEP_LENGTH;
    private Mark mark;

    private record Mark(long blobLength, long nextPage, MapWriter.State map) {}

    /**
     * @param size  bytes of the disk
     * @param noted whether anybody may want to continue
     */
    Checkpoints(FileSpace space, LayerWork work, long size, boolean noted) {
        this.space = space;
        this.work = work;
        this.size = size;
        this.noted = noted;
    }

    /** A segment is full; {@code nextPage} is the first page of the disk that it says nothing about. */
    void onSubmitted(long submittedLength, long nextPage, MapWriter map) {
        if (mark == null && submittedLength >= nextLength && (running == null || running.isDone())) {
            mark = new Mark(submittedLength, nextPage, map.state());
            nextLength = submittedLength + STEP_LENGTH;
        }
    }

    /** So much of the blob is in the files, and no more is in the tables. */
    void onCompleted(long completedLength) throws IOException {
        if (mark == null || completedLength < mark.blobLength) {
            return;
        }
        if (running != null) {
            Jobs.await(running);
        }
        work.crcs.flush();
        work.chunks.flush();
        work.map.flush();
        Progress progress = new Progress(size, mark.nextPage, Pages.index(mark.blobLength), work.crcs.prefixCrc(),
                work.chunks.prefixCrc(), mark.map);
        mark = null;
        if (thread == null) {
            thread = Executors.newSingleThreadExecutor(Jobs.threads("varve-sync"));
        }
        running = thread.submit(() -> {
            work.sync();
            if (noted) {
                progress.write(space, LayerWork.progress(work.directory));
            }
            return null;
        });
    }

    /** Waits for the step that runs. */
    void finish() throws IOException {
        mark = null;
        if (running != null) {
            Jobs.await(running);
        }
    }

    /** Waits for the thread, which uses the files. */
    @Override
    public void close() {
        if (thread != null) {
            Jobs.stop(thread);
        }
    }
}
