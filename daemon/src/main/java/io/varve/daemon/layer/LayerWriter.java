package io.varve.daemon.layer;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.BulkFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.PageContent;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes one layer from pages in ascending order. The layer holds what differs from the parent, and nothing else:
 * pages of zeros are never stored, nor pages equal to the parent's. Pages that nobody writes are those of the parent.
 *
 * <p>To seal an overlay, walk its states in the order of the disk:
 * <pre>
 *   try (LayerWriter writer = LayerWriter.create(space, layersDirectory, chain.size(), chain)) {
 *       absent:   nothing
 *       present:  read the pages into a buffer; writer.writePages(pageIndex, pageCount, buffer, 0)
 *       zero:     writer.writeZeros(pageIndex, pageCount)
 *       LayerId layer = writer.seal();
 *   }
 * </pre>
 *
 * <p>{@link #seal} makes everything durable. Before it, and after a crash at any time, there are only files under
 * {@code tmp}, and files of content names that no manifest names.
 *
 * <p>Owned by the thread that writes the layer.
 */
public final class LayerWriter implements AutoCloseable {

    private static final int COMPARED_PAGES = 256;

    /** What is written, and where. Immutable. */
    private record Target(FileSpace space, Path layersDirectory, long size, Chain parentOrNull) {}

    /** What of the new blob is left in the page cache. */
    public enum Caching {
        /** All: clients read the pages now, from where they come from. */
        ALL(Long.MAX_VALUE),
        /**
         * The first 256 MiB, so that a small image is served from memory at once. A large one does not push out
         * what others read, and costs less time: nothing is copied to the cache and back out of it.
         */
        BEGINNING(BulkFile.CACHED_LENGTH);

        private final long length;

        Caching(long length) {
            this.length = length;
        }
    }

    /**
     * @param stepLength   bytes of the blob between two notes of how far it is; whole segments
     * @param cachedLength bytes at the beginning of the blob that are left in the page cache; whole segments
     */
    record Pacing(long stepLength, long cachedLength) {

        Pacing(Caching caching) {
            this(Checkpoints.STEP_LENGTH, caching.length);
        }
    }

    private final Target target;
    private final Chain parent;
    private final LayerWork work;
    private final MapWriter map;
    private final BlobWriter blob;
    private final Checkpoints checkpoints;
    private final Run run = new Run();
    private UnsafeBuffer parentPages;
    private long nextPage;
    private boolean keepWork;

    private LayerWriter(Target target, LayerWork work, Progress progress, Pacing pacing, Checkpoints checkpoints) {
        this.target = target;
        this.parent = target.parentOrNull;
        this.work = work;
        this.map = new MapWriter(work.map, progress == null ? null : progress.map());
        this.nextPage = progress == null ? 0 : progress.nextPage();
        this.checkpoints = checkpoints;
        long blobPageCount = progress == null ? 0 : progress.blobPageCount();
        this.blob = new BlobWriter(work, blobPageCount, pacing.cachedLength, checkpoints::onCompleted);
    }

    /**
     * Memory: at most six segments of 8 MiB, off the heap.
     *
     * @param layersDirectory {@code layers} of the store; {@code blobs} and {@code tmp} lie beside it
     * @param size            bytes of the disk; what does not fill the last page must be given as zeros
     * @param parentOrNull    what the layer will lie on; stays the caller's
     */
    public static LayerWriter create(FileSpace space, Path layersDirectory, long size, Chain parentOrNull)
            throws IOException {
        Path directory = LayerFiles.temporary(layersDirectory).resolve("layer-" + UUID.randomUUID());
        LayerWork work = LayerWork.create(space, directory);
        Pacing pacing = new Pacing(Caching.ALL);
        return new LayerWriter(new Target(space, layersDirectory, size, parentOrNull), work, null, pacing,
                new Checkpoints(work, pacing.stepLength));
    }

    /**
     * As {@link #create}, but continues what an earlier writer of the same name, which was stopped by {@link #suspend}
     * or a crash, has made durable: {@link #nextPage} says from where. The caller takes care that nobody else uses
     * the name at the same time, and that size, parent and content are the same.
     *
     * @param name a file name that stands for the content
     */
    public static LayerWriter resume(FileSpace space, Path layersDirectory, long size, Chain parentOrNull, String name,
            Caching caching) throws IOException {
        return resume(new Target(space, layersDirectory, size, parentOrNull), name, new Pacing(caching));
    }

    static LayerWriter resume(FileSpace space, Path layersDirectory, long size, String name, Pacing pacing)
            throws IOException {
        return resume(new Target(space, layersDirectory, size, null), name, pacing);
    }

    private static LayerWriter resume(Target target, String name, Pacing pacing) throws IOException {
        Path directory = LayerFiles.temporary(target.layersDirectory).resolve(name);
        Progress progress = Progress.readOrNull(target.space, LayerWork.progress(directory));
        LayerWork work = null;
        if (progress != null && progress.size() == target.size) {
            work = LayerWork.reopenOrNull(target.space, directory, progress);
        }
        if (work == null) {
            progress = null;
            work = LayerWork.create(target.space, directory);
        }
        return new LayerWriter(target, work, progress, pacing,
                new Checkpoints(work, pacing.stepLength).notedIn(target.space, target.size));
    }

    /** First page that nothing was said about yet. */
    public long nextPage() {
        return nextPage;
    }

    /** Pages that {@link #window} has room for, at least 1. Waits while all segments are on their way to the disk. */
    public int windowPageCount() throws IOException {
        return (Segment.LENGTH - blob.current().length()) / Pages.PAGE_SIZE;
    }

    /**
     * Where the next pages may be put by who wants to spare the copy; {@link #acceptWindow} then takes them. Good until
     * the next call of any other method.
     */
    public UnsafeBuffer window() throws IOException {
        return blob.current().pages;
    }

    /** Index in {@link #window} of the first page. */
    public int windowIndex() throws IOException {
        return blob.current().length();
    }

    /**
     * Takes pages from a buffer.
     *
     * @param pageIndex at least {@link #nextPage}
     * @param source    whole pages, from {@code index}
     */
    public void writePages(long pageIndex, int pageCount, DirectBuffer source, int index) throws IOException {
        requireNext(pageIndex, pageCount);
        for (int done = 0; done < pageCount; ) {
            int count = Math.min(pageCount - done, windowPageCount());
            window().putBytes(windowIndex(), source, index + done * Pages.PAGE_SIZE, count * Pages.PAGE_SIZE);
            acceptWindow(pageIndex + done, count);
            done += count;
        }
    }

    /** Takes the first pages of the window. */
    public void acceptWindow(long pageIndex, int pageCount) throws IOException {
        requireNext(pageIndex, pageCount);
        Segment segment = blob.current();
        int from = segment.length();
        int done = 0;
        while (done < pageCount) {
            int count = parentRun(pageIndex + done, pageCount - done);
            if (run.kind() == Run.DATA) {
                takeOverData(segment, from + done * Pages.PAGE_SIZE, pageIndex + done, count);
            } else {
                takeOverNothing(segment, from + done * Pages.PAGE_SIZE, pageIndex + done, count);
            }
            done += count;
        }
        nextPage = pageIndex + pageCount;
        if (segment.length() == Segment.LENGTH) {
            blob.submit();
            checkpoints.onSubmitted(blob.submittedLength(), nextPage, map);
        }
        blob.completeReady();
    }

    /** What the parent has from a page on; pages beyond its end are absent. */
    private int parentRun(long pageIndex, long maxPageCount) {
        long parentPageCount = parent == null ? 0 : parent.extents().pageCount();
        if (pageIndex >= parentPageCount) {
            run.setAbsent(maxPageCount);
        } else {
            parent.extents().lookup(pageIndex, Math.min(maxPageCount, parentPageCount - pageIndex), run);
        }
        return (int) Math.min(run.pageCount(), COMPARED_PAGES);
    }

    /** The parent's pages read as zero. */
    private void takeOverNothing(Segment segment, int index, long pageIndex, int pageCount) throws IOException {
        for (int i = 0; i < pageCount; i++) {
            int at = index + i * Pages.PAGE_SIZE;
            if (!PageContent.isZero(segment.pages, at)) {
                store(segment, at, pageIndex + i);
            }
        }
    }

    private void takeOverData(Segment segment, int index, long pageIndex, int pageCount) throws IOException {
        if (parentPages == null) {
            parentPages = Buffers.alignedDirect(COMPARED_PAGES * Pages.PAGE_SIZE);
        }
        parent.source(run.blobIndex()).read(Pages.offset(run.blobPage()), parentPages, 0,
                pageCount * Pages.PAGE_SIZE);
        for (int i = 0; i < pageCount; i++) {
            int at = index + i * Pages.PAGE_SIZE;
            if (PageContent.isEqual(segment.pages, at, parentPages, i * Pages.PAGE_SIZE)) {
                continue;
            }
            if (PageContent.isZero(segment.pages, at)) {
                map.zero(pageIndex + i, 1);
            } else {
                store(segment, at, pageIndex + i);
            }
        }
    }

    private void store(Segment segment, int index, long pageIndex) throws IOException {
        int end = segment.length();
        if (index != end) {
            segment.pages.putBytes(end, segment.pages, index, Pages.PAGE_SIZE);
        }
        map.data(pageIndex, 1, segment.nextBlobPage());
        segment.grow(Pages.PAGE_SIZE);
    }

    /** The pages are zero: noted where the parent has others. */
    public void writeZeros(long pageIndex, long pageCount) throws IOException {
        requireNext(pageIndex, pageCount);
        long parentPageCount = parent == null ? 0 : parent.extents().pageCount();
        long end = Math.min(pageIndex + pageCount, parentPageCount);
        for (long page = pageIndex; page < end; page += run.pageCount()) {
            parent.extents().lookup(page, end - page, run);
            if (run.kind() == Run.DATA) {
                map.zero(page, run.pageCount());
            }
        }
        nextPage = pageIndex + pageCount;
    }

    private void requireNext(long pageIndex, long pageCount) {
        if (pageIndex < nextPage || pageCount < 0 || pageCount > Pages.count(target.size) - pageIndex) {
            throw new IllegalArgumentException(pageCount + " pages at " + pageIndex + ", after page " + nextPage
                    + " of a disk of " + Pages.count(target.size) + " pages");
        }
    }

    /** Makes the layer durable under its name. A blob, map or layer of the same content that exists is used. */
    public LayerId seal() throws IOException {
        blob.drain();
        checkpoints.finish();
        LayerId id = new LayerSeal(target.space, target.layersDirectory, work).publish(target.size, map);
        keepWork = false;
        return id;
    }

    /** Makes durable what can be continued; {@link #close} then keeps it for {@link #resume}. */
    public void suspend() throws IOException {
        keepWork = true;
        blob.completeAll();
        checkpoints.completeLast(blob.completedLength());
        checkpoints.finish();
    }

    /** Deletes what was written and not sealed, unless it was suspended. */
    @Override
    public void close() throws IOException {
        blob.close();
        checkpoints.close();
        work.close();
        if (!keepWork) {
            work.delete();
        }
    }
}
