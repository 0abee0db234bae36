package io.varve.daemon.disk;

import io.varve.daemon.boot.Pack;
import io.varve.daemon.boot.WaveMemory;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SourceRange;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads ahead from a pack: pages that lie apart in blobs, and one after the other in the pack, come in reads of up to
 * 1 MiB into the memory of the wave. A page gets there if it is what the pack says, and what the blob says of the page
 * that the client's chain has at that place; so a pack of another content is of no use, and does no harm.
 *
 * <p>Design note: whether a machine is warm is found out by one page of each step, because a read that does not wait
 * makes a kernel fetch what it did not find.
 *
 * <p>Owned by the step; scratch memory is per thread.
 */
final class PackedReads {

    private static final int MAX_READ_PAGES = 256;
    /** So many pages in between are read, too: that is faster than a second read. */
    private static final int BRIDGED_PAGES = 16;
    private static final ThreadLocal<UnsafeBuffer> SCRATCH =
            ThreadLocal.withInitial(() -> Buffers.alignedDirect((int) Pages.offset(MAX_READ_PAGES)));

    private final ChainSnapshot chain;
    private final WaveMemory memory;
    private final Pack pack;
    private final Run run = new Run();
    private int rightPages;

    private PackedReads(ChainSnapshot chain, WaveMemory memory, Pack pack) {
        this.chain = chain;
        this.memory = memory;
        this.pack = pack;
    }

    /** @return those of the pieces that are to be read from their sources */
    static List<ChainPiece> load(ChainSnapshot chain, WaveMemory memory, List<ChainPiece> pieces) {
        final Pack pack = pieces.isEmpty() || memory.isFull() ? null : memory.pack().get();
        if (pack == null) {
            return pieces;
        }
        final PackedReads reads = new PackedReads(chain, memory, pack);
        try {
            if (reads.isWarm(pieces.get(0))) {
                return pieces;
            }
            reads.load(pieces);
        } catch (final IOException ex) {
            memory.pack().fail(ex);
        }
        memory.pack().addPages(reads.rightPages);
        return pieces.stream().filter(piece -> !reads.has(piece)).toList();
    }

    private boolean has(ChainPiece piece) {
        return memory.holds(piece.source(), piece.bytes().position(), piece.bytes().length());
    }

    private boolean isWarm(ChainPiece piece) throws IOException {
        return !has(piece) && piece.source().readNow(piece.bytes().position(), SCRATCH.get(), 0, Pages.PAGE_SIZE)
                != BlockSource.WOULD_BLOCK;
    }

    private void load(List<ChainPiece> pieces) throws IOException {
        final int[] slots = pieces.stream().filter(piece -> !has(piece)).flatMapToInt(this::slots).sorted().toArray();
        int first = 0;
        for (int i = 1; i <= slots.length && !memory.isFull(); i++) {
            if (i == slots.length || slots[i] - slots[i - 1] > BRIDGED_PAGES
                    || slots[i] - slots[first] >= MAX_READ_PAGES) {
                read(slots[first], slots[i - 1] + 1 - slots[first]);
                first = i;
            }
        }
    }

    private IntStream slots(ChainPiece piece) {
        final SourceRange bytes = piece.bytes();
        return IntStream.range(0, (int) Pages.index(bytes.length()))
                .map(i -> pack.slot(piece.page() + i))
                .filter(slot -> slot >= 0);
    }

    private void read(int firstSlot, int count) throws IOException {
        final UnsafeBuffer scratch = SCRATCH.get();
        pack.read(firstSlot, count, scratch, 0);
        for (int i = 0; i < count; i++) {
            take(firstSlot + i, scratch, (int) Pages.offset(i));
        }
    }

    private void take(int slot, UnsafeBuffer scratch, int index) throws IOException {
        pack.check(slot, scratch, index);
        final long page = pack.pageIndex(slot);
        if (page >= chain.extents().pageCount()) {
            return;
        }
        chain.extents().lookup(page, 1, run);
        if (run.kind() != Run.DATA) {
            return;
        }
        final BlockSource source = chain.source(run.blobIndex());
        final long position = Pages.offset(run.blobPage());
        if (vouches(source, position, scratch, index)) {
            memory.put(source, position, scratch, index, Pages.PAGE_SIZE);
            rightPages++;
        }
    }

    /** What is wrong with the source, its readers find out. */
    private static boolean vouches(BlockSource source, long position, UnsafeBuffer scratch, int index) {
        try {
            return source.vouchesFor(position, scratch, index);
        } catch (final IOException ex) {
            return false;
        }
    }
}
