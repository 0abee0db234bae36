package io.varve.daemon.extent;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Extents from a test's own mouth. */
final class FakeExtents implements ExtentList {

    private record Extent(long pageIndex, long pageCount, int kind, int blobIndex, long blobPage) {}

    private final List<Extent> extents = new ArrayList<>();
    private int reads;

    /** Sorted, disjoint, with gaps and without, some of them longer than a region. */
    static FakeExtents random(Random random, long pageCount, int blobIndex) {
        FakeExtents list = new FakeExtents();
        long page = random.nextInt(100);
        long blobPage = 0;
        while (page < pageCount) {
            long length = 1 + (random.nextInt(40) == 0 ? random.nextInt(30_000) : random.nextInt(60));
            length = Math.min(length, pageCount - page);
            if (random.nextInt(4) == 0) {
                list.zero(page, length);
            } else {
                blobPage += random.nextInt(3) == 0 ? random.nextInt(1000) : 0;
                list.data(page, length, blobIndex, blobPage);
                blobPage += length;
            }
            page += length + (random.nextInt(3) == 0 ? 0 : random.nextInt(random.nextInt(20) == 0 ? 40_000 : 100));
        }
        return list;
    }

    FakeExtents data(long pageIndex, long pageCount, int blobIndex, long blobPage) {
        extents.add(new Extent(pageIndex, pageCount, Run.DATA, blobIndex, blobPage));
        return this;
    }

    FakeExtents zero(long pageIndex, long pageCount) {
        extents.add(new Extent(pageIndex, pageCount, Run.ZERO, 0, 0));
        return this;
    }

    /** How often anybody asked for an extent. */
    int reads() {
        return reads;
    }

    @Override
    public int extentCount() {
        return extents.size();
    }

    @Override
    public long pageIndex(int extent) {
        reads++;
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
}
