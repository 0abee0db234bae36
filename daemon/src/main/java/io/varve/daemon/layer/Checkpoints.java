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
    static final long STEP_LENGTH = 32L << 20;

    private final LayerWork work;
    private final long stepLength;
    /** Null where nobody will continue. */
    private FileSpace noteSpace;
    private long size;
    private ExecutorService thread;
    private Future<?> running;
    private long nextLength;
    /** The last full segment. */
    private Mark latest;
    /** Where the next step will begin; null while none is due. */
    private Mark mark;

    private record Mark(long blobLength, long nextPage, MapWriter.State map) {}

    /** @param stepLength bytes of the blob between marks */
    Checkpoints(LayerWork work, long stepLength) {
        this.work = work;
        this.stepLength = stepLength;
        this.nextLength = stepLength;
    }

    /** @param diskSize bytes */
    Checkpoints notedIn(FileSpace space, long diskSize) {
        noteSpace = space;
        size = diskSize;
        return this;
    }

    /** A segment is full; {@code nextPage} is the first page of the disk that it says nothing about. */
    void onSubmitted(long submittedLength, long nextPage, MapWriter map) {
        latest = new Mark(submittedLength, nextPage, map.state());
        if (mark == null && submittedLength >= nextLength && (running == null || running.isDone())) {
            mark = latest;
            nextLength = submittedLength + stepLength;
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
            if (noteSpace != null) {
                progress.write(noteSpace, LayerWork.progress(work.directory));
            }
            return null;
        });
    }

    /** One more step, up to the last full segment, if segments are all that is in file and tables. */
    void completeLast(long completedLength) throws IOException {
        if (latest != null && latest.blobLength == completedLength) {
            mark = latest;
            onCompleted(completedLength);
        }
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
