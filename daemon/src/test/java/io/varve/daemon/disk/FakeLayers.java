package io.varve.daemon.disk;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.IntUnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A chain from a test's own mouth: extents, blobs in memory that may be cold or broken, and what it all reads as. */
final class FakeLayers implements ExtentList {

    private record Extent(long pageIndex, long pageCount, int kind, int blobIndex, long blobPage) {}

    private final List<Extent> extents = new ArrayList<>();
    private int givenBackCount;
    private final List<Blob> blobs = new ArrayList<>();
    private final int pageCount;
    private final byte[] content;
    private final Random random;

    /** @param pageCount of the disk, of which the first 4 MiB may have data */
    FakeLayers(int pageCount, Random random) {
        this.pageCount = pageCount;
        this.content = new byte[Math.min(pageCount, 1024) << Pages.PAGE_SHIFT];
        this.random = random;
    }

    /** Data, zeros and gaps of all lengths, in two blobs. */
    static FakeLayers random(int pageCount, Random random) {
        final FakeLayers layers = new FakeLayers(pageCount, random);
        layers.blob(pageCount);
        layers.blob(pageCount);
        int page = random.nextInt(4);
        while (page < pageCount) {
            final int pages = Math.min(1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 4), pageCount - page);
            if (random.nextInt(4) == 0) {
                layers.zero(page, pages);
            } else {
                layers.data(page, pages, random.nextInt(2), random.nextInt(pageCount - pages + 1));
            }
            page += pages + random.nextInt(3);
        }
        return layers;
    }

    FakeLayers blob(int pageCount) {
        final byte[] bytes = new byte[pageCount << Pages.PAGE_SHIFT];
        random.nextBytes(bytes);
        blobs.add(new Blob(bytes));
        return this;
    }

    FakeLayers data(int page, int pages, int blobIndex, int blobPage) {
        extents.add(new Extent(page, pages, Run.DATA, blobIndex, blobPage));
        blobs.get(blobIndex).bytes.getBytes(
                blobPage << Pages.PAGE_SHIFT, content, page << Pages.PAGE_SHIFT, pages << Pages.PAGE_SHIFT);
        return this;
    }

    FakeLayers zero(int page, int pages) {
        extents.add(new Extent(page, pages, Run.ZERO, 0, 0));
        return this;
    }

    /** What the chain reads as, in whole pages. */
    byte[] content() {
        return content;
    }

    boolean isData(long page) {
        return extents.stream().anyMatch(extent -> extent.kind == Run.DATA
                && page >= extent.pageIndex && page < extent.pageIndex + extent.pageCount);
    }

    int blobCount() {
        return blobs.size();
    }

    Blob blobAt(int index) {
        return blobs.get(index);
    }

    /** How many bytes of a read that does not wait are in memory, for all blobs. */
    void residency(IntUnaryOperator newResidency) {
        blobs.forEach(blob -> blob.residency = newResidency);
    }

    ChainSnapshot snapshot() {
        return new ChainSnapshot(List.of(), ExtentMap.flatten(pageCount, List.of(this)), List.copyOf(blobs),
                () -> givenBackCount++);
    }

    /** How many snapshots nobody uses any more. */
    int givenBackCount() {
        return givenBackCount;
    }

    @Override
    public int extentCount() {
        return extents.size();
    }

    @Override
    public long pageIndex(int extent) {
        return extents.get(extent).pageIndex;
    }

    @Override
    public long pageCount(int extent) {
        return extents.get(extent).pageCount;
    }

    @Override
    public int kind(int extent) {
        return extents.get(extent).kind;
    }

    @Override
    public int blobIndex(int extent) {
        return extents.get(extent).blobIndex;
    }

    @Override
    public long blobPage(int extent) {
        return extents.get(extent).blobPage;
    }

    static final class Blob implements BlockSource {

        private final UnsafeBuffer bytes;
        IntUnaryOperator residency = length -> length;
        /** Thrown by every read while not null. */
        IOException failure;
        long bytesRead;
        /** Threads of its own; null if it has none. */
        Executor loaders;
        /** Reads that touch it fail; -1 for none. */
        int brokenPage = -1;
        /** What {@link #staysNear} says. */
        boolean near = true;
        /** Times that each page was read, by whomever waited for it. */
        final int[] pageReads;
        /** Runs before every read. */
        Runnable onRead = () -> { };
        Place place = Place.DISK;
        int sealedFile = NO_FILE;

        Blob(byte[] bytes) {
            this.bytes = new UnsafeBuffer(bytes);
            this.pageReads = new int[bytes.length >>> Pages.PAGE_SHIFT];
        }

        @Override
        public Executor loaders(Executor usual) {
            return loaders == null ? usual : loaders;
        }

        @Override
        public int sealedFile() {
            return sealedFile;
        }

        @Override
        public boolean vouchesFor(long position, DirectBuffer page, int index) {
            return new UnsafeBuffer(page, index, Pages.PAGE_SIZE)
                    .equals(new UnsafeBuffer(bytes, (int) position, Pages.PAGE_SIZE));
        }

        @Override
        public boolean staysNear(long position, long length) {
            return near;
        }

        @Override
        public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
            final int resident = residency.applyAsInt(length);
            if (resident == 0) {
                return WOULD_BLOCK;
            }
            read(position, destination, index, resident);
            return resident;
        }

        @Override
        public Place place(long position, int length) {
            return place;
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
            if (failure != null) {
                throw failure;
            }
            if (brokenPage >= Pages.index(position) && brokenPage < Pages.count(position + length)) {
                throw new IOException("page " + brokenPage + " is broken");
            }
            onRead.run();
            bytesRead += length;
            for (long page = Pages.index(position); page < Pages.count(position + length); page++) {
                pageReads[(int) page]++;
            }
            destination.putBytes(index, bytes, (int) position, length);
        }
    }
}
