package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A blob, open for reading. No byte leaves it before the CRC32C of its whole page was found right.
 *
 * <p>Whole pages are read straight into the caller's buffer and checked there; what begins or ends inside a page goes
 * through a scratch buffer of the thread.
 *
 * <p>Design note: a long read may leave from the page cache ({@link #sealedFile}) after the same pages were read and
 * checked. Between the two the kernel could drop a page and fetch it again, which it has no reason to do with what was
 * just used; the disk would have to spoil it in that moment, too.
 *
 * <p>Thread-safe because it keeps no position; its checksums are immutable once loaded.
 */
final class Blob implements BlockSource, AutoCloseable {

    private static final int SCRATCH_LENGTH = 64 * 1024;
    private static final ThreadLocal<UnsafeBuffer> SCRATCH =
            ThreadLocal.withInitial(() -> Buffers.alignedDirect(SCRATCH_LENGTH));
    private static final int CRCS_PER_SEGMENT = TableHeader.SEGMENT_LENGTH / Integer.BYTES;

    private final BlobRef ref;
    private final BlockFile pages;
    private final TableFile crcs;

    private Blob(BlobRef ref, BlockFile pages, TableFile crcs) {
        this.ref = ref;
        this.pages = pages;
        this.crcs = crcs;
    }

    /** Reads no page and no checksum yet. */
    static Blob open(FileSpace space, Path layersDirectory, BlobRef ref) throws IOException {
        Path directory = LayerFiles.blob(layersDirectory, ref.id());
        BlockFile pages = space.open(directory.resolve(LayerFiles.PAGES), OpenMode.READ);
        TableFile crcs = null;
        try {
            if (pages.size() != Pages.offset(ref.pageCount())) {
                throw new CorruptDataException(pages.name(), Math.min(pages.size(), Pages.offset(ref.pageCount())),
                        "it is " + pages.size() + " bytes long, " + Pages.offset(ref.pageCount()) + " are right");
            }
            crcs = openTable(space, directory.resolve(LayerFiles.CRC), TableKind.CRC, ref, ref.pageCount());
            return new Blob(ref, pages, crcs);
        } finally {
            if (crcs == null) {
                pages.close();
            }
        }
    }

    static TableFile openTable(FileSpace space, Path path, TableKind kind, BlobRef ref, long entryCount)
            throws IOException {
        TableFile table = TableFile.open(space, path, kind, ref.id(), entryCount);
        TableHeader header = table.header();
        if (header.entryCount() != entryCount || header.pageCount() != ref.pageCount() || header.blobCount() != 0) {
            table.close();
            throw new CorruptDataException(table.name(), 0, "its counts are not those of a blob of "
                    + ref.pageCount() + " pages");
        }
        return table;
    }

    BlobRef ref() {
        return ref;
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        int skip = (int) position & Pages.PAGE_MASK;
        if (skip == 0 && length >= Pages.PAGE_SIZE) {
            return readPagesNow(position, destination, index, length & ~Pages.PAGE_MASK);
        }
        UnsafeBuffer scratch = SCRATCH.get();
        int wanted = Math.min(SCRATCH_LENGTH, (int) Pages.offset(Pages.count(skip + (long) length)));
        int count = readPagesNow(position - skip, scratch, 0, wanted);
        if (count == WOULD_BLOCK) {
            return WOULD_BLOCK;
        }
        int useful = Math.min(length, count - skip);
        destination.putBytes(index, scratch, skip, useful);
        return useful;
    }

    /** As {@link #readNow}, of whole pages, cut down to whole pages. */
    private int readPagesNow(long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        long pageIndex = Pages.index(position);
        if (crcs.segmentOrNull(segment(pageIndex)) == null) {
            return WOULD_BLOCK;
        }
        long covered = Pages.offset((segment(pageIndex) + 1L) * CRCS_PER_SEGMENT) - position;
        int count = pages.readNow(position, destination, index, (int) Math.min(length, covered));
        if (count < Pages.PAGE_SIZE) {
            return WOULD_BLOCK;
        }
        int whole = count & ~Pages.PAGE_MASK;
        verify(pageIndex, destination, index, whole);
        return whole;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        int done = 0;
        while (done < length) {
            int skip = (int) (position + done) & Pages.PAGE_MASK;
            int left = length - done;
            if (skip == 0 && left >= Pages.PAGE_SIZE) {
                int whole = left & ~Pages.PAGE_MASK;
                readPages(position + done, destination, index + done, whole);
                done += whole;
            } else {
                UnsafeBuffer scratch = SCRATCH.get();
                readPages(position + done - skip, scratch, 0, Pages.PAGE_SIZE);
                int useful = Math.min(left, Pages.PAGE_SIZE - skip);
                destination.putBytes(index + done, scratch, skip, useful);
                done += useful;
            }
        }
    }

    private void readPages(long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        long pageIndex = Pages.index(position);
        int lastSegment = segment(pageIndex + Pages.index(length) - 1);
        for (int i = segment(pageIndex); i <= lastSegment; i++) {
            crcs.segment(i);
        }
        pages.read(position, destination, index, length);
        verify(pageIndex, destination, index, length);
    }

    @Override
    public boolean vouchesFor(long position, DirectBuffer page, int index) throws IOException {
        requireInside(position, Pages.PAGE_SIZE);
        long pageIndex = Pages.index(position);
        crcs.segment(segment(pageIndex));
        return Crc32c.of(page, index, Pages.PAGE_SIZE) == expectedCrc(pageIndex);
    }

    @Override
    public int sealedFile() {
        return pages.descriptor();
    }

    /** The checksums of the pages must be in memory. */
    private void verify(long pageIndex, DirectBuffer buffer, int index, int length) throws CorruptDataException {
        for (int done = 0; done < length; done += Pages.PAGE_SIZE, pageIndex++) {
            int actual = Crc32c.of(buffer, index + done, Pages.PAGE_SIZE);
            if (actual != expectedCrc(pageIndex)) {
                throw new CorruptDataException(pages.name(), Pages.offset(pageIndex),
                        "the checksum of page " + pageIndex + " of blob " + ref.id() + " is wrong");
            }
        }
    }

    private int expectedCrc(long pageIndex) {
        int inSegment = (int) (pageIndex % CRCS_PER_SEGMENT);
        return crcs.segmentOrNull(segment(pageIndex)).getInt(inSegment * Integer.BYTES, LITTLE_ENDIAN);
    }

    private static int segment(long pageIndex) {
        return (int) (pageIndex / CRCS_PER_SEGMENT);
    }

    private void requireInside(long position, int length) throws IOException {
        if (position < 0 || length < 0 || position > Pages.offset(ref.pageCount()) - length) {
            throw new IOException(pages.name() + ": " + length + " bytes at " + position + " are not inside a blob of "
                    + ref.pageCount() + " pages");
        }
    }

    @Override
    public void close() throws IOException {
        try (crcs) {
            pages.close();
        }
    }

    @Override
    public String toString() {
        return pages.name();
    }
}
