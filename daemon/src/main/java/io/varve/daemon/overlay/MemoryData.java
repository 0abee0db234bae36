package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The bytes of an overlay in memory: each page either in the memory of the pool or, if there was none left when it was
 * written first, in a file at its own offset. It stays where it is until it is zeroed.
 *
 * <p>Design note: a page does not move when memory comes free, because a worker may be reading it from the file, and
 * because what overflowed is mostly what nobody asks for again soon.
 *
 * <p>Owned by the thread that owns the overlay, also for reading: others read {@link #file} alone, where pages are at
 * their own offset and an overtaken read finds what was there, or zeros.
 */
final class MemoryData implements BlockFile {

    private final BlockFile file;
    private final MemoryPages memory;
    private final StateMap states;
    /** PRESENT pages that are in the file. */
    private final PageSet inFile;
    private boolean closing;

    /** @param file sparse and as long as the disk in whole pages */
    MemoryData(BlockFile file, MemoryPool pool, StateMap states) {
        this.file = file;
        this.memory = new MemoryPages(pool, states.pageCount());
        this.states = states;
        this.inFile = new PageSet(states.pageCount());
    }

    /** Where pages are that found no memory. */
    BlockFile file() {
        return file;
    }

    boolean isInFile(long pageIndex) {
        return inFile.contains(pageIndex);
    }

    /** Consecutive PRESENT pages that are in the same of the two places; 1 to {@code maxPageCount}. */
    long runLength(long pageIndex, long maxPageCount) {
        if (inFile.isEmpty()) {
            return maxPageCount;
        }
        if (inFile.contains(pageIndex)) {
            return inFile.runLength(pageIndex, maxPageCount);
        }
        long next = inFile.next(pageIndex);
        return next < 0 ? maxPageCount : Math.min(maxPageCount, next - pageIndex);
    }

    /** Bytes of the pool that the overlay has. Any thread. */
    long takenLength() {
        return memory.takenLength();
    }

    /** The pages are ZERO from now on. The file keeps its space until {@link #punchHole}. */
    void zeroed(long pageIndex, long pageCount) {
        memory.drop(pageIndex, pageCount);
        inFile.remove(pageIndex, pageCount);
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireOpen();
        long page = Pages.index(position);
        if (inFile.contains(page)) {
            return file.readNow(position, destination, index, (int) lengthOfRun(position, length));
        }
        return readMemory(position, destination, index, (int) lengthOfRun(position, length));
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireOpen();
        int done = 0;
        while (done < length) {
            long at = position + done;
            int run = (int) lengthOfRun(at, length - done);
            if (inFile.contains(Pages.index(at))) {
                file.read(at, destination, index + done, run);
            } else {
                readMemory(at, destination, index + done, run);
            }
            done += run;
        }
    }

    /** Bytes from there on that are in the same place. */
    private long lengthOfRun(long position, long length) {
        int inPage = (int) position & Pages.PAGE_MASK;
        long pages = runLength(Pages.index(position), Pages.count(inPage + length));
        return Math.min(length, Pages.offset(pages) - inPage);
    }

    private int readMemory(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int done = 0;
        while (done < length) {
            long page = Pages.index(position + done);
            int inPage = (int) (position + done) & Pages.PAGE_MASK;
            int piece = Math.min(length - done, Pages.PAGE_SIZE - inPage);
            if (!memory.holds(page)) {
                throw new IOException(name() + ": page " + page + " is nowhere");
            }
            memory.read(page, inPage, destination, index + done, piece);
            done += piece;
        }
        return done;
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        store(position, source, index, length);
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        store(position, null, 0, length);
    }

    /** @param source null for zeros; else {@code length} is that of a buffer */
    private void store(long position, DirectBuffer source, int index, long length) throws IOException {
        requireOpen();
        long done = 0;
        try {
            while (done < length) {
                long at = position + done;
                done += place(Pages.index(at))
                        ? storeInMemory(at, source, index + (int) done, length - done)
                        : storeInFile(at, source, index + (int) done, length - done);
            }
        } catch (IOException e) {
            forgetNewPages(Pages.index(position), Pages.index(position + length - 1));
            throw e;
        }
    }

    /** Whether the page is in memory, because it was or because it has found room now; else it is in the file. */
    private boolean place(long pageIndex) {
        if (memory.holds(pageIndex)) {
            return true;
        }
        if (inFile.contains(pageIndex)) {
            return false;
        }
        if (memory.place(pageIndex)) {
            return true;
        }
        inFile.add(pageIndex, 1);
        return false;
    }

    /** One page, or the part of it that the range covers. */
    private int storeInMemory(long position, DirectBuffer source, int index, long length) {
        int inPage = (int) position & Pages.PAGE_MASK;
        int piece = (int) Math.min(length, Pages.PAGE_SIZE - inPage);
        memory.write(Pages.index(position), inPage, source, index, piece);
        return piece;
    }

    /** As many pages as go in one piece. */
    private long storeInFile(long position, DirectBuffer source, int index, long length) throws IOException {
        long end = position + length;
        long next = Pages.index(position) + 1;
        while (Pages.offset(next) < end && !place(next)) {
            next++;
        }
        long piece = Math.min(end, Pages.offset(next)) - position;
        if (source == null) {
            file.zeroRange(position, piece);
        } else {
            file.write(position, source, index, (int) piece);
        }
        return piece;
    }

    /** After a failure: the state of no page changed, so those that are not PRESENT have no place. */
    private void forgetNewPages(long first, long last) {
        for (long page = first; page <= last; ) {
            long run = states.runLength(page, last + 1 - page);
            if (states.state(page) != Overlay.PRESENT) {
                zeroed(page, run);
            }
            page += run;
        }
    }

    /** Of the file; memory was given back when the pages became zero. */
    @Override
    public void punchHole(long position, long length) throws IOException {
        file.punchHole(position, length);
    }

    @Override
    public void sync() throws IOException {
        file.sync();
    }

    @Override
    public void truncate(long size) {
        throw new UnsupportedOperationException("the size of a disk does not change");
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        file.advise(advice, position, length);
    }

    /** The slots of the pool may be somebody else's soon: whoever is late must not touch them. */
    void beginClose() {
        closing = true;
    }

    private void requireOpen() throws IOException {
        if (closing) {
            throw new IOException(name() + " is closed");
        }
    }

    /** On a worker, after {@link #beginClose}. */
    @Override
    public void close() throws IOException {
        memory.giveBack();
        file.close();
    }
}
