package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.boot.PageLoader;
import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.ProfileFile;
import io.varve.daemon.boot.SequenceSlot;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk over sealed layers in real files, with real workers and a boot that is learned. */
class DiskChainTest {

    private static final int PAGE = Pages.PAGE_SIZE;
    private static final int PAGES = 2000;
    private static final int SIZE = PAGES * PAGE - 777;
    private static final long SEED = 99;

    @TempDir
    Path directory;

    private final NativeFileSpace files = new NativeFileSpace();
    private final Random random = new Random(SEED);
    private final Workers workers = new Workers(2);
    private final Counters counters = Counters.anonymous();
    private final TestOwner owner = new TestOwner();
    private final byte[] expected = new byte[PAGES * PAGE];
    private Path layers;
    private Chain chain;
    private DiskCore core;
    private Disk disk;
    private CountDownLatch closed;

    @BeforeEach
    void sealLayers() throws IOException {
        layers = directory.resolve("store").resolve("layers");
        final List<LayerId> ids = new ArrayList<>();
        for (int depth = 0; depth < 3; depth++) {
            for (int i = 0; i < 60; i++) {
                change(random.nextInt(PAGES), 1 + random.nextInt(30));
            }
            try (Chain parent = Chain.open(files, layers, ids, SIZE)) {
                ids.add(seal(parent));
            }
        }
        chain = Chain.open(files, layers, ids, SIZE);
    }

    private void change(int page, int pages) {
        final int end = Math.min(SIZE, (page + pages) * PAGE);
        final byte[] bytes = new byte[end - page * PAGE];
        if (random.nextInt(4) != 0) {
            random.nextBytes(bytes);
        }
        System.arraycopy(bytes, 0, expected, page * PAGE, bytes.length);
    }

    private LayerId seal(Chain parent) throws IOException {
        final UnsafeBuffer all = Buffers.alignedDirect(expected.length);
        all.putBytes(0, expected);
        try (LayerWriter writer = LayerWriter.create(files, layers, SIZE, parent)) {
            writer.writePages(0, PAGES, all, 0);
            return writer.seal();
        }
    }

    @AfterEach
    void close() throws IOException {
        workers.close();
        chain.close();
    }

    @Test
    void shouldReadTheLayersAnywhereAndWriteOverThem() throws Exception {
        open(Overlay.createEphemeral(files, directory.resolve("overlay"), SIZE, workers), loader -> BootTracker.NONE);
        for (int i = 0; i < 600; i++) {
            final int offset = random.nextInt(SIZE);
            final int length = 1 + random.nextInt(Math.min(100_000, SIZE - offset));
            if (random.nextInt(3) == 0) {
                write(offset, length);
            } else {
                assertThat(Arrays.mismatch(read(offset, length).payload(), Arrays.copyOfRange(
                                expected, offset, offset + length)))
                        .as("seed %d, round %d", SEED, i)
                        .isEqualTo(-1);
            }
        }
        assertThat(Arrays.mismatch(read(0, SIZE).payload(), Arrays.copyOf(expected, SIZE))).isEqualTo(-1);
        closeDisk();
    }

    @Test
    void shouldFailTheDamagedPageAndNoOther() throws Exception {
        final long damaged = damageOnePage();
        open(null, loader -> BootTracker.NONE);
        for (int page = 0; page < PAGES; page++) {
            final int length = Math.min(PAGE, SIZE - page * PAGE);
            final TestReply reply = read(page * PAGE, length);
            if (page == damaged) {
                assertThat(reply.error()).isEqualTo(NbdError.EIO);
            } else {
                assertThat(reply.payload()).isEqualTo(Arrays.copyOfRange(expected, page * PAGE, page * PAGE + length));
            }
        }
        assertThat(core.statistics().get(Counter.ERRORS_CORRUPT)).isEqualTo(1);
        closeDisk();
    }

    /** The one that the first page with data lies in; answers that page. */
    private long damageOnePage() throws IOException {
        final Run run = new Run();
        long page = 0;
        chain.extents().lookup(page, 1, run);
        while (run.kind() != Run.DATA) {
            chain.extents().lookup(++page, 1, run);
        }
        final Path blob = Path.of(chain.source(run.blobIndex()).toString());
        final long position = run.blobPage() * PAGE + 1234;
        try (FileChannel channel = FileChannel.open(blob, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.put(0, (byte) (one.get(0) ^ 4)).rewind();
            channel.write(one, position);
        }
        return page;
    }

    @Test
    void shouldLearnABootAndReadItAheadTheNextTime() throws Exception {
        final CountDownLatch stored = new CountDownLatch(1);
        final Slot slot = new Slot(stored);
        try (BootEngine engine = new BootEngine(workers::background, workers.demandExecutor(), counters)) {
            open(null, loader -> engine.open(slot, PAGES, loader));
            assertThat(core.boot().activity()).isEqualTo(BootTracker.Activity.RECORDING);
            boot();
            closeDisk();
            assertThat(stored.await(30, TimeUnit.SECONDS)).isTrue();

            final CountDownLatch burst = new CountDownLatch(1);
            open(null, loader -> engine.open(slot, PAGES, (ranges, memory) -> {
                final boolean done = loader.load(ranges, memory);
                burst.countDown();
                return done;
            }));
            assertThat(core.boot().activity()).isEqualTo(BootTracker.Activity.REPLAYING);
            assertThat(burst.await(30, TimeUnit.SECONDS)).as("before the first read").isTrue();
            boot();
            assertThat(core.boot().counters().missed()).isZero();
            assertThat(core.boot().counters().used() + core.boot().counters().late()).isGreaterThan(512);
            closeDisk();
        }
        assertThat(counters.get(Counter.BOOT_RECORDINGS).get()).isEqualTo(1);
        assertThat(counters.get(Counter.BOOT_FAILURES).get()).isZero();
    }

    private void boot() {
        for (int page = 0; page < 1500; page += 15) {
            owner.nowNs += 1_000_000;
            read(page * PAGE, 12 * PAGE);
        }
    }

    private void open(Overlay overlay, Function<PageLoader, BootTracker> boot) {
        closed = new CountDownLatch(1);
        final DiskParts parts =
                new DiskParts(DiskFixture.info(SIZE), 1, ChainSnapshot.of(chain, () -> { }), overlay, boot);
        core = new DiskCore(parts, workers, counters, closed::countDown);
        disk = core.connect();
        disk.attach(owner);
    }

    private void closeDisk() throws InterruptedException {
        disk.close();
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private TestReply read(int offset, int length) {
        final TestReply reply = new TestReply(length);
        disk.read(offset, length, 0, reply);
        owner.runUntil(reply::done);
        return reply;
    }

    private void write(int offset, int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, expected, offset, length);
        final UnsafeBuffer payload = Buffers.alignedDirect(length);
        payload.putBytes(0, bytes);
        final TestReply reply = new TestReply(0);
        disk.write(offset, length, 0, payload, 0, reply);
        owner.runUntil(reply::done);
        assertThat(reply.error()).isNull();
    }

    /** In a real file beside the layers. */
    private final class Slot implements SequenceSlot {

        private final CountDownLatch stored;

        Slot(CountDownLatch stored) {
            this.stored = stored;
        }

        @Override
        public Optional<Profile> load() throws IOException {
            return ProfileFile.read(files, directory.resolve("image.seq"), "subject", PAGES);
        }

        @Override
        public void update(Change change) throws IOException {
            final Optional<Profile> next = change.after(load());
            if (next.isPresent()) {
                ProfileFile.write(
                        files, directory.resolve("tmp"), directory.resolve("image.seq"), "subject", next.get());
            }
            stored.countDown();
        }

        @Override
        public String imageName() {
            return "image";
        }
    }
}
