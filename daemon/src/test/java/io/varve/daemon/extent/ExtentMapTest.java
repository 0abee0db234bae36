package io.varve.daemon.extent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ExtentMapTest {

    private static final int REGION = Leaf.REGION_PAGES;
    /** Not a whole number of regions. */
    private static final int PAGES = 5 * REGION + 1234;

    private final Run run = new Run();

    @Test
    void shouldFindAbsentPagesWhereNoLayerSaysAnything() {
        ExtentMap map = ExtentMap.flatten(100, List.of());

        map.lookup(40, 60, run);

        assertThat(run).hasToString("absent x 60");
    }

    @Test
    void shouldLetTheNewestLayerWin() {
        FakeExtents base = new FakeExtents().data(0, 100, 0, 500);
        FakeExtents top = new FakeExtents().zero(10, 5).data(15, 5, 1, 7);
        ExtentMap map = ExtentMap.flatten(100, List.of(base, top));

        assertThat(runs(map)).containsExactly(
                "data x 10 at blob 0 page 500", "zero x 5", "data x 5 at blob 1 page 7",
                "data x 80 at blob 0 page 520");
    }

    @Test
    void shouldMergeNeighboursWhoseTargetsAreContiguous() {
        FakeExtents base = new FakeExtents().data(0, 10, 0, 0).data(10, 10, 0, 10).zero(20, 3).zero(23, 4);
        FakeExtents top = new FakeExtents().data(5, 2, 0, 5);
        ExtentMap map = ExtentMap.flatten(30, List.of(base, top));

        assertThat(runs(map)).containsExactly("data x 20 at blob 0 page 0", "zero x 7", "absent x 3");
    }

    @Test
    void shouldCutRunsAtTheBorderOfARegionAndAtTheMaximum() {
        ExtentMap map = ExtentMap.flatten(2 * REGION, List.of(new FakeExtents().data(0, 2 * REGION, 3, 9)));

        map.lookup(REGION - 2, 10, run);
        assertThat(run).hasToString("data x 2 at blob 3 page " + (9 + REGION - 2));
        map.lookup(REGION, 10, run);
        assertThat(run).hasToString("data x 10 at blob 3 page " + (9 + REGION));
    }

    @Test
    void shouldKeepTheHighestBlobPageAndBlobIndexApart() {
        long lastPage = (1L << 36) - 1;
        int lastBlob = (1 << 24) - 1;
        ExtentMap map = ExtentMap.flatten(1, List.of(new FakeExtents().data(0, 1, lastBlob, lastPage)));

        map.lookup(0, 1, run);

        assertThat(run.kind()).isEqualTo(Run.DATA);
        assertThat(run.blobIndex()).isEqualTo(lastBlob);
        assertThat(run.blobPage()).isEqualTo(lastPage);
    }

    @Test
    void shouldIgnoreExtentsBeyondTheEndOfTheDisk() {
        ExtentMap map = ExtentMap.flatten(4, List.of(new FakeExtents().data(2, 9, 0, 0).zero(REGION, 5)));

        assertThat(runs(map)).containsExactly("absent x 2", "data x 2 at blob 0 page 0");
    }

    @Test
    void shouldRefuseLookupsOutsideTheDisk() {
        ExtentMap map = ExtentMap.flatten(10, List.of());
        long[][] outside = {
            {-1, 1}, {10, 1}, {0, 11}, {9, 2}, {0, 0}, {5, -1}, {5, Long.MAX_VALUE}, {Long.MAX_VALUE, 1}
        };
        for (long[] range : outside) {
            assertThatThrownBy(() -> map.lookup(range[0], range[1], run)).as("%s", Arrays.toString(range))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void shouldRefuseExtentsThatCannotBe() {
        List<FakeExtents> wrong = List.of(
                new FakeExtents().zero(0, 5).zero(4, 5),
                new FakeExtents().data(0, 1, -1, 0),
                new FakeExtents().data(0, 1, 1 << 24, 0),
                new FakeExtents().data(0, 1, 0, -1),
                new FakeExtents().data(0, 2, 0, (1L << 36) - 1));
        for (FakeExtents extents : wrong) {
            ExtentMap map = ExtentMap.flatten(10, List.of(extents));
            assertThatThrownBy(() -> map.lookup(0, 1, run)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> ExtentMap.flatten(ExtentMap.MAX_PAGE_COUNT + 1, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldReadNoExtentBeforeItsRegionIsLookedUp() {
        FakeExtents extents = new FakeExtents().data(0, 1, 0, 0).data(3 * REGION, 1, 0, 1);
        ExtentMap map = ExtentMap.flatten(PAGES, List.of(extents));
        ExtentMap child = map.with(new FakeExtents());

        assertThat(extents.reads()).isZero();
        child.lookup(0, 1, run);
        assertThat(map.leafOrNull(0)).isNotNull();
        assertThat(map.leafOrNull(3)).isNull();
        assertThat(child.leafOrNull(3)).isNull();
    }

    @Test
    void shouldShareTheRegionsThatAChildDoesNotTouch() {
        ExtentMap parent = ExtentMap.flatten(PAGES, List.of(new FakeExtents().data(0, PAGES, 0, 0)));
        ExtentMap child = parent.with(new FakeExtents().zero(2 * REGION + 5, 1));
        runs(child);

        for (int region = 0; region < 6; region++) {
            if (region == 2) {
                assertThat(child.leafOrNull(region)).isNotSameAs(parent.leafOrNull(region));
            } else {
                assertThat(child.leafOrNull(region)).isNotNull().isSameAs(parent.leafOrNull(region));
            }
        }
    }

    @Test
    void shouldFlattenWhatAnotherMapHasFlattened() {
        ExtentMap present = ExtentMap.flatten(PAGES, List.of(new FakeExtents().data(0, PAGES, 0, 0)));
        present.lookup(REGION, 1, run);
        present.lookup(4 * REGION, 1, run);
        FakeExtents merged = new FakeExtents().data(0, PAGES, 1, 0);
        ExtentMap next = ExtentMap.flatten(PAGES, List.of(merged));

        next.flattenAs(present);

        for (int region = 0; region < 6; region++) {
            assertThat(next.leafOrNull(region) != null).isEqualTo(region == 1 || region == 4);
        }
        int reads = merged.reads();
        next.lookup(4 * REGION + 7, 1, run);
        assertThat(run.blobPage()).isEqualTo(4 * REGION + 7);
        assertThat(merged.reads()).isEqualTo(reads);
    }

    @Test
    void shouldAgreeWithBruteForceOnRandomLayers() {
        for (long seed = 1; seed <= 12; seed++) {
            Random random = new Random(seed);
            List<FakeExtents> layers = new ArrayList<>();
            long[] expected = new long[PAGES];
            int depth = 1 + random.nextInt(12);
            ExtentMap grown = ExtentMap.flatten(PAGES, List.of());
            for (int i = 0; i < depth; i++) {
                FakeExtents layer = FakeExtents.random(random, PAGES, i);
                layers.add(layer);
                grown = grown.with(layer);
                paint(layer, expected);
            }

            compare(ExtentMap.flatten(PAGES, layers), expected, random, "flattened, seed " + seed);
            compare(grown, expected, random, "grown, seed " + seed);
        }
    }

    @Test
    void shouldTellWhichLayerSpeaksForAPage() {
        for (long seed = 1; seed <= 12; seed++) {
            Random random = new Random(seed);
            int[] expected = new int[PAGES];
            Arrays.fill(expected, -1);
            ExtentMap map = ExtentMap.flatten(PAGES, List.of());
            int depth = 1 + random.nextInt(9);
            for (int i = 0; i < depth; i++) {
                FakeExtents layer = FakeExtents.random(random, PAGES, 0);
                map = map.with(layer);
                for (int e = 0; e < layer.extentCount(); e++) {
                    int first = (int) layer.pageIndex(e);
                    Arrays.fill(expected, Math.min(PAGES, first),
                            (int) Math.min(PAGES, first + layer.pageCount(e)), i);
                }
            }
            assertThat(map.layerCount()).isEqualTo(depth);
            LayerLookup layers = new LayerLookup();
            for (int page = 0; page < PAGES; page += (int) run.pageCount()) {
                layers.lookup(map, page, PAGES - page, run);
                int end = page + (int) run.pageCount();
                for (int p = page; p < end; p++) {
                    assertThat(run.kind() == Run.DATA ? run.blobIndex() : -1).as("seed %d, page %d", seed, p)
                            .isEqualTo(expected[p]);
                }
                assertThat(end == PAGES || end % REGION == 0 || expected[end] != expected[page])
                        .as("seed %d, longest run at %d", seed, page).isTrue();
            }
        }
    }

    @Test
    void shouldPublishOneLeafToManyThreads() throws Exception {
        Random random = new Random(77);
        List<FakeExtents> layers = new ArrayList<>();
        long[] expected = new long[PAGES];
        for (int i = 0; i < 5; i++) {
            layers.add(FakeExtents.random(random, PAGES, i));
            paint(layers.get(i), expected);
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 20; round++) {
                ExtentMap map = ExtentMap.flatten(PAGES, layers);
                List<Callable<Leaf>> tasks = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    tasks.add(() -> {
                        compare(map, expected, new Random(5), "shared");
                        return map.leafOrNull(3);
                    });
                }
                for (Future<Leaf> leaf : threads.invokeAll(tasks)) {
                    assertThat(leaf.get()).isSameAs(map.leafOrNull(3));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void shouldAllocateNothingOnceARegionIsFlattened() {
        ExtentMap map = ExtentMap.flatten(PAGES, List.of(FakeExtents.random(new Random(3), PAGES, 0)));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        lookUpEveryPage(map);

        long before = threads.getThreadAllocatedBytes(self);
        lookUpEveryPage(map);
        long allocated = threads.getThreadAllocatedBytes(self) - before;

        assertThat(allocated).as("bytes for %d lookups", PAGES).isLessThan(PAGES / 8);
    }

    private void lookUpEveryPage(ExtentMap map) {
        for (int page = 0; page < PAGES; page++) {
            map.lookup(page, 1, run);
        }
    }

    private static List<String> runs(ExtentMap map) {
        Run run = new Run();
        List<String> runs = new ArrayList<>();
        for (long page = 0; page < map.pageCount(); page += run.pageCount()) {
            map.lookup(page, map.pageCount() - page, run);
            runs.add(run.toString());
        }
        return runs;
    }

    private static void paint(FakeExtents layer, long[] pages) {
        for (int i = 0; i < layer.extentCount(); i++) {
            for (int k = 0; k < layer.pageCount(i); k++) {
                pages[(int) layer.pageIndex(i) + k] = layer.kind(i) == Run.ZERO ? 1
                        : 2 + ((long) layer.blobIndex(i) << 40) + layer.blobPage(i) + k;
            }
        }
    }

    /** Walks all pages run by run, then looks at random pages. */
    private static void compare(ExtentMap map, long[] expected, Random random, String what) {
        Run run = new Run();
        for (int page = 0; page < expected.length; page += (int) run.pageCount()) {
            map.lookup(page, expected.length - page, run);
            check(run, expected, page, what);
            int next = page + (int) run.pageCount();
            if (next < expected.length && next % REGION != 0) {
                assertThat(value(run, (int) run.pageCount())).as("%s: run before page %d is maximal", what, next)
                        .isNotEqualTo(expected[next]);
            }
        }
        for (int i = 0; i < 2000; i++) {
            int page = random.nextInt(expected.length);
            map.lookup(page, 1 + random.nextInt(expected.length - page), run);
            check(run, expected, page, what);
        }
    }

    private static void check(Run run, long[] expected, int page, String what) {
        for (int k = 0; k < run.pageCount(); k++) {
            if (value(run, k) != expected[page + k]) {
                throw new AssertionError(what + ": page " + (page + k) + " is " + run);
            }
        }
    }

    private static long value(Run run, int k) {
        return switch (run.kind()) {
            case Run.ABSENT -> 0;
            case Run.ZERO -> 1;
            default -> 2 + ((long) run.blobIndex() << 40) + run.blobPage() + k;
        };
    }
}
