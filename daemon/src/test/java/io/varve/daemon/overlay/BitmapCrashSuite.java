package io.varve.daemon.overlay;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Random lives of an overlay with dirty bitmaps, with a power cut at every call: whatever differs from what it was when
 * a bitmap was started is dirty in it. After a clean stop a bitmap is what the model says, to the granule.
 */
final class BitmapCrashSuite implements Callable<Long> {

    private static final int SEEDS = 40;
    private static final int STEPS = 40;
    private static final int PAGES_PER_GRANULE = DirtyBitmap.GRANULARITY / Pages.PAGE_SIZE;
    private static final int PAGES = 4 * PAGES_PER_GRANULE + 5;
    private static final int MAX_WRITE_PAGES = PAGES_PER_GRANULE;
    private static final int ABSENT = 1;
    private static final int ZERO = 2;
    private static final UnsafeBuffer PAGE = Buffers.alignedDirect(Pages.PAGE_SIZE);
    private static final int CRC_OF_ZEROS = Crc32c.of(PAGE, 0, Pages.PAGE_SIZE);

    private final int seeds;
    private long imageCount;

    /** As much as it takes to find any rule that is broken. */
    BitmapCrashSuite() {
        this(SEEDS);
    }

    BitmapCrashSuite(int seeds) {
        this.seeds = seeds;
    }

    /** Answers the number of images. */
    @Override
    public Long call() throws IOException {
        for (long seed = 0; seed < seeds; seed++) {
            try {
                new Life(seed).run();
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
        return imageCount;
    }

    /** What is right for one bitmap. */
    private static final class Expected {
        private final int[] contentAtStart;
        /** Granules; null once a crash has made it a superset. */
        private BitSet touched = new BitSet();

        Expected(int[] contentAtStart) {
            this.contentAtStart = contentAtStart;
        }
    }

    private final class Life {

        private final Random random;
        private final Map<String, Expected> expected = new HashMap<>();
        private final OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
        private final PowerCuts cuts;
        private int names;

        Life(long seed) {
            random = new Random(seed);
            cuts = new PowerCuts(1, seed, this::examine).oneCallIn(4);
        }

        void run() throws IOException {
            harness.open();
            harness.watch(cuts);
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            closeAndOpen();
            imageCount += cuts.imageCount();
        }

        private void step() throws IOException {
            int page = random.nextInt(PAGES);
            int count = 1 + random.nextInt(Math.min(MAX_WRITE_PAGES, PAGES - page));
            switch (random.nextInt(16)) {
                case 0, 1, 2 -> touch(page, count, () -> harness.write(page, count));
                case 3, 4, 5 -> overwrite();
                case 6 -> touch(page, PAGES - page, () -> harness.zero(page, PAGES - page));
                case 7 -> touch(page, 1, () -> harness.allocateZeros(page, 1));
                case 8, 9 -> harness.commitNow();
                case 10, 11 -> start();
                case 12 -> drop();
                case 13 -> closeAndOpen();
                case 14 -> stop(harness.disk().fork());
                default -> stop(harness.disk().crash(Chooser.random(random)));
            }
        }

        /** One sector, of a page that is PRESENT: it changes in place. */
        private void overwrite() throws IOException {
            for (int attempt = 0; attempt < 8; attempt++) {
                int page = random.nextInt(PAGES);
                if (harness.overlay().state(page) == Overlay.PRESENT) {
                    int sector = page * SectorModel.SECTORS_PER_PAGE + random.nextInt(SectorModel.SECTORS_PER_PAGE);
                    touch(page, 1, () -> harness.overwrite(sector, 1));
                    return;
                }
            }
        }

        private void touch(int page, int count, OverlayHarness.Change change) throws IOException {
            int first = page / PAGES_PER_GRANULE;
            int end = (page + count - 1) / PAGES_PER_GRANULE + 1;
            expected.values().stream().filter(bitmap -> bitmap.touched != null)
                    .forEach(bitmap -> bitmap.touched.set(first, end));
            change.run();
        }

        /** As a disk does it; the client may write while the start is on its way. */
        private void start() throws IOException {
            Bitmaps bitmaps = harness.overlay().bitmaps();
            if (bitmaps.all().size() == 3) {
                return;
            }
            DirtyBitmap bitmap = bitmaps.prepare("b" + names++);
            Expected fresh = new Expected(contents(harness.overlay()));
            bitmaps.begin(bitmap);
            if (random.nextBoolean()) {
                fresh.touched.set(1);
                touch(PAGES_PER_GRANULE, 1, () -> harness.write(PAGES_PER_GRANULE, 1));
            }
            harness.commitNow();
            bitmaps.store(bitmap);
            expected.put(bitmap.name(), fresh);
        }

        private void drop() throws IOException {
            for (DirtyBitmap bitmap : harness.overlay().bitmaps().all()) {
                expected.remove(bitmap.name());
                harness.overlay().bitmaps().end(bitmap);
                harness.overlay().bitmaps().delete(bitmap);
                return;
            }
        }

        private void closeAndOpen() throws IOException {
            harness.runAll();
            harness.close();
            if (random.nextBoolean()) {
                harness.restart(harness.disk());
            }
            harness.open();
            require(harness.overlay());
        }

        private void stop(SimFileSpace next) throws IOException {
            harness.restart(next);
            harness.recover();
            expected.values().forEach(bitmap -> bitmap.touched = null);
            require(harness.overlay());
        }

        /** A power cut: this life goes on as if nothing had been. */
        private void examine(SimFileSpace image) throws IOException {
            requireSuperset(opened(image));
            requireSuperset(opened(image.crash(Chooser.random(random))));
        }

        private static Overlay opened(SimFileSpace disk) throws IOException {
            OverlayOpener opener = new OverlayOpener(disk, OverlayHarness.DIRECTORY, OverlayHarness.SMALL,
                    OverlayHarness.BUFFERS, Runnable::run);
            return Overlay.persistent(opener.open(null), OverlayHarness.DIRECTORY, Runnable::run);
        }

        private void require(Overlay overlay) throws IOException {
            requireSuperset(overlay);
            if (overlay.bitmaps().all().size() != expected.size()) {
                throw new AssertionError("there are " + overlay.bitmaps().all().size() + " bitmaps, not "
                        + expected.size());
            }
            for (DirtyBitmap bitmap : overlay.bitmaps().all()) {
                BitSet touched = expected.get(bitmap.name()).touched;
                if (touched == null) {
                    // Another clean stop must neither lose nor add anything; marks go on to be added.
                    requireState(bitmap, BitmapInfo.State.SUPERSET);
                } else {
                    requireState(bitmap, BitmapInfo.State.EXACT);
                    if (!dirty(bitmap).equals(touched)) {
                        throw new AssertionError(bitmap.name() + " is " + dirty(bitmap) + ", written was " + touched);
                    }
                }
            }
        }

        private void requireState(DirtyBitmap bitmap, BitmapInfo.State state) {
            if (bitmap.info().state() != state) {
                throw new AssertionError(bitmap.info() + " should be " + state);
            }
        }

        private void requireSuperset(Overlay overlay) throws IOException {
            int[] now = contents(overlay);
            for (Map.Entry<String, Expected> entry : expected.entrySet()) {
                DirtyBitmap bitmap = overlay.bitmaps().get(entry.getKey());
                for (int page = 0; page < PAGES; page++) {
                    if (now[page] != entry.getValue().contentAtStart[page]
                            && !bitmap.isDirty(page / PAGES_PER_GRANULE)) {
                        throw new AssertionError("page " + page + " has changed and is clean in " + bitmap.info());
                    }
                }
            }
        }
    }

    static BitSet dirty(DirtyBitmap bitmap) {
        BitSet dirty = new BitSet();
        for (long granule = 0; granule < bitmap.granuleCount(); ) {
            long run = bitmap.runLength(granule, bitmap.granuleCount());
            dirty.set((int) granule, (int) (granule + run), bitmap.isDirty(granule));
            granule += run;
        }
        return dirty;
    }

    /** A number for what each page reads as. */
    private static int[] contents(Overlay overlay) throws IOException {
        int[] contents = new int[PAGES];
                for (int page = 0; page < PAGES; page++) {
            switch (overlay.state(page)) {
                case Overlay.ABSENT -> contents[page] = ABSENT;
                case Overlay.ZERO -> contents[page] = ZERO;
                default -> {
                    overlay.data().read(Pages.offset(page), PAGE, 0, Pages.PAGE_SIZE);
                    int crc = Crc32c.of(PAGE, 0, Pages.PAGE_SIZE);
                    contents[page] = crc == CRC_OF_ZEROS ? ZERO : crc;
                }
            }
        }
        return contents;
    }
}
