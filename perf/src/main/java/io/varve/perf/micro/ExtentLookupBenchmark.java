package io.varve.perf.micro;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Where one page of a 4 GiB disk lives, at random places, in a chain of few and of many layers.
 *
 * <p>Owned by JMH's thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ExtentLookupBenchmark {

    private static final long SEED = 64;
    private static final int PAGE_COUNT = 1 << 20;
    private static final int LOOKUP_COUNT = 1 << 14;
    private static final int MEAN_EXTENT_PAGES = 32;

    /** Layers of the chain; the base covers most of the disk, each further one a sixteenth of it. */
    @Param({"1", "8", "64"})
    public int layerCount;

    private final Run run = new Run();
    private final int[] pages = new int[LOOKUP_COUNT];
    private ExtentMap map;

    @Setup
    public void flatten() {
        SplittableRandom random = new SplittableRandom(SEED);
        List<ExtentList> layers = new ArrayList<>();
        layers.add(layer(random, 0, MEAN_EXTENT_PAGES / 8));
        for (int i = 1; i < layerCount; i++) {
            layers.add(layer(random, i, MEAN_EXTENT_PAGES * 15));
        }
        map = ExtentMap.flatten(PAGE_COUNT, layers);
        for (int i = 0; i < LOOKUP_COUNT; i++) {
            pages[i] = random.nextInt(PAGE_COUNT);
            map.lookup(pages[i], 1, run);
        }
    }

    @Benchmark
    @OperationsPerInvocation(LOOKUP_COUNT)
    public long lookup() {
        long sum = 0;
        for (int page : pages) {
            map.lookup(page, 1, run);
            sum += run.blobPage();
        }
        return sum;
    }

    private static ExtentList layer(SplittableRandom random, int blobIndex, int meanGapPages) {
        List<int[]> extents = new ArrayList<>();
        int page = random.nextInt(2 * meanGapPages);
        int blobPage = 0;
        while (page < PAGE_COUNT) {
            int count = Math.min(1 + random.nextInt(2 * MEAN_EXTENT_PAGES), PAGE_COUNT - page);
            extents.add(new int[] {page, count, blobPage});
            blobPage += count;
            page += count + random.nextInt(2 * meanGapPages);
        }
        return new DataExtents(extents.toArray(int[][]::new), blobIndex);
    }

    /**
     * Extents {first page, page count, page in the blob} that all point into one blob.
     *
     * <p>Immutable.
     */
    private record DataExtents(int[][] extents, int blobIndex) implements ExtentList {
        @Override
        public int extentCount() {
            return extents.length;
        }

        @Override
        public long pageIndex(int extent) {
            return extents[extent][0];
        }

        @Override
        public long pageCount(int extent) {
            return extents[extent][1];
        }

        @Override
        public int kind(int extent) {
            return Run.DATA;
        }

        @Override
        public int blobIndex(int extent) {
            return blobIndex;
        }

        @Override
        public long blobPage(int extent) {
            return extents[extent][2];
        }
    }
}
