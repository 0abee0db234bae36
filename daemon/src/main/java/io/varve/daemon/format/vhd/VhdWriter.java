package io.varve.daemon.format.vhd;

import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.util.Objects;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a new VHD, from the start of the disk to its end. What is not written stays zero, or is the parent's.
 *
 * <p>The file is a VHD only once {@link #finish} wrote its footers, after everything else is durable: until then there
 * is none at its end, nor at its start. A writer that failed leaves such a file; who made the file deletes it.
 *
 * <p>Owned by the thread that writes the file.
 */
public abstract class VhdWriter implements ImageWriter {

    /** Bytes: 2040 GiB, the largest disk that Windows opens. */
    public static final long MAX_SIZE = 2040L << 30;

    final BlockFile file;
    final long size;
    private final UnsafeBuffer footer = Buffers.alignedDirect(VhdFooter.LENGTH);
    private boolean finished;

    VhdWriter(BlockFile file, long size, int type, UUID id, long time) {
        if (size <= 0 || size > MAX_SIZE || size % VhdImage.SECTOR_LENGTH != 0) {
            throw new IllegalArgumentException("the size of a VHD should be a multiple of 512 up to 2040 GiB, not "
                    + size);
        }
        this.file = file;
        this.size = size;
        VhdFooter.encode(footer, type, size, id, time);
    }

    /**
     * @param file empty; stays the caller's
     * @param size bytes of the disk, a multiple of 512, up to {@link #MAX_SIZE}; some clouds take whole MiB only
     * @param time when the file is made, seconds since the epoch of Unix, not before 2000
     */
    public static VhdWriter fixed(BlockFile file, long size, UUID id, long time) throws IOException {
        return new FixedWriter(file, size, id, time);
    }

    /** As {@link #fixed}, with room for what is written only. */
    public static VhdWriter dynamic(BlockFile file, long size, UUID id, long time) {
        return new SparseWriter(file, size, id, time, null);
    }

    /** As {@link #dynamic}, with a parent that says what is not written here, sector by sector. */
    public static VhdWriter differencing(BlockFile file, long size, UUID id, long time, VhdParent parent) {
        return new SparseWriter(file, size, id, time, Objects.requireNonNull(parent));
    }

    /**
     * Writes whole sectors. Ranges come in the order of the disk, and do not overlap.
     *
     * @param source off-heap
     */
    @Override
    public final void write(long offset, DirectBuffer source, int index, int length) throws IOException {
        check(offset, length);
        put(offset, source, index, length);
    }

    /** Makes whole sectors zero, whatever the parent says; in the order of the disk, as {@link #write}. */
    @Override
    public final void zero(long offset, long length) throws IOException {
        check(offset, length);
        putZeros(offset, length);
    }

    private void check(long offset, long length) {
        if (finished || offset < 0 || length < 0 || offset > size - length
                || (offset | length) % VhdImage.SECTOR_LENGTH != 0) {
            throw new IllegalArgumentException(length + " bytes at " + offset + " of a disk of " + size
                    + (finished ? " that is finished" : ": should be whole sectors inside"));
        }
    }

    /** Makes the file a VHD, durably. Once, last. */
    @Override
    public final void finish() throws IOException {
        finished = true;
        long footerPosition = finishData();
        file.sync();
        finishFooters(footerPosition, footer);
        file.sync();
    }

    abstract void put(long offset, DirectBuffer source, int index, int length) throws IOException;

    abstract void putZeros(long offset, long length) throws IOException;

    /** Writes everything but footers; answers where the last one belongs. */
    abstract long finishData() throws IOException;

    abstract void finishFooters(long footerPosition, DirectBuffer footerBytes) throws IOException;
}
