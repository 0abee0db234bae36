package io.varve.daemon.layer;

import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Appends pages to a blob through a few segments: one is being filled while others are written, checksummed and
 * hashed by threads of its own. The tables get their entries in the order of the blob.
 *
 * <p>Owned by the thread that writes the layer.
 */
final class BlobWriter implements AutoCloseable {

    private static final int MAX_THREADS = 4;

    private record InFlight(Segment segment, Future<?> done) {}

    /** Learns of each segment that is in file and tables, before the next one gets there. */
    interface Listener {
        /** @param completedLength bytes of the blob that are in file and tables */
        void onCompleted(long completedLength) throws IOException;
    }

    private final LayerWork files;
    private final TableWriter crcs;
    private final TableWriter chunks;
    private final Listener listener;
    private final long cachedLength;
    private final int threadCount;
    private final Deque<InFlight> inFlight = new ArrayDeque<>();
    private final Queue<Segment> idle = new ArrayDeque<>();
    /** Started with the first full segment: small layers do without. */
    private ExecutorService threads;
    private Segment current;
    private int segmentCount;
    /** Where the next segment will begin. */
    private long position;
    /** Bytes that are in the file and in the tables. */
    private long completedLength;

    /**
     * @param pageCount    that the files already have, a whole number of segments
     * @param cachedLength bytes at the beginning of the blob that are left in the page cache
     */
    BlobWriter(LayerWork files, long pageCount, long cachedLength, Listener listener) {
        this.files = files;
        this.crcs = files.crcs;
        this.chunks = files.chunks;
        this.listener = listener;
        this.cachedLength = cachedLength;
        // Who writes past the page cache waits for the disk: meanwhile another one may have the processor.
        int waiting = cachedLength == Long.MAX_VALUE ? 0 : 1;
        this.threadCount = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors() + waiting);
        this.position = Pages.offset(pageCount);
        this.completedLength = position;
    }

    /** The segment to fill; it has room for at least one page. Waits if all are in flight. */
    Segment current() throws IOException {
        if (current == null) {
            if (idle.isEmpty() && segmentCount == threadCount + 2) {
                completeOldest();
            }
            if (idle.isEmpty()) {
                idle.add(new Segment());
                segmentCount++;
            }
            current = idle.remove();
            begin(current);
        }
        return current;
    }

    private void begin(Segment segment) throws IOException {
        if (position < cachedLength) {
            segment.begin(position, files.pages, Segment.CACHED_WRITE_LENGTH);
        } else {
            segment.begin(position, files.uncachedPages(), Segment.LENGTH);
        }
    }

    /** Sends the full segment on its way. */
    void submit() {
        if (threads == null) {
            threads = Executors.newFixedThreadPool(threadCount, Jobs.threads("varve-seal"));
        }
        Segment segment = current;
        current = null;
        position += segment.length();
        inFlight.add(new InFlight(segment, threads.submit(() -> {
            segment.process();
            return null;
        })));
    }

    /** Waits for the segment that was submitted first; then everything before it is in file and tables. */
    private void completeOldest() throws IOException {
        InFlight oldest = inFlight.remove();
        Jobs.await(oldest.done);
        complete(oldest.segment);
    }

    private void complete(Segment segment) throws IOException {
        segment.appendTo(crcs, chunks);
        completedLength += segment.length();
        idle.add(segment);
        listener.onCompleted(completedLength);
    }

    /** Takes back the segments that are ready. */
    void completeReady() throws IOException {
        while (!inFlight.isEmpty() && inFlight.peek().done.isDone()) {
            completeOldest();
        }
    }

    /** Waits for all full segments. */
    void completeAll() throws IOException {
        while (!inFlight.isEmpty()) {
            completeOldest();
        }
    }

    /** All pages into file and tables, also those of the segment that is not full. */
    void drain() throws IOException {
        completeAll();
        if (current != null && current.length() > 0) {
            Segment last = current;
            current = null;
            position += last.length();
            last.process();
            complete(last);
        }
    }

    /** Bytes that were submitted. */
    long submittedLength() {
        return position;
    }

    long completedLength() {
        return completedLength;
    }

    /** Waits for the threads, which use the file. */
    @Override
    public void close() {
        if (threads != null) {
            Jobs.stop(threads);
        }
    }
}
