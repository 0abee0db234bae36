package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.boot.PageRange;
import io.varve.daemon.counters.Counter;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes on beside requests: loading ahead, counting, closing. */
class DiskBackgroundTest {

    private static final int PAGE = 4096;

    private final FakeLayers layers =
            new FakeLayers(4096, new Random(1)).blob(1024).data(0, 600, 0, 0).data(700, 50, 0, 700);
    private final DiskFixture fixture = open();

    private DiskFixture open() {
        try {
            return new DiskFixture(layers, 4096L * PAGE);
        } catch (final IOException ex) {
            throw new AssertionError(ex);
        }
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldCacheInStepsInTheBackgroundAndAnswerAtOnce() {
        final TestReply reply = new TestReply(0);
        fixture.disk.cache(0, 800L * PAGE, reply);
        assertThat(reply.done()).isTrue();
        assertThat(layers.blobAt(0).bytesRead).isZero();
        assertThat(fixture.background).hasSize(1);
        fixture.background.remove(0).run();
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(256 * PAGE);
        runBackground();
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(650 * PAGE);
        assertThat(fixture.bootReads).as("nobody demanded it").isEmpty();
    }

    @Test
    void shouldLoadOnTheThreadsOfASourceThatHasSome() {
        final List<Runnable> own = new ArrayList<>();
        layers.blobAt(0).loaders = own::add;
        fixture.disk.cache(0, 800L * PAGE, new TestReply(0));
        assertThat(fixture.background).isEmpty();
        while (!own.isEmpty()) {
            own.remove(0).run();
        }
        assertThat(fixture.background).isEmpty();
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(650 * PAGE);
    }

    @Test
    void shouldNotCacheWhatTheOverlayHides() {
        fixture.trim(0, 100L * PAGE);
        fixture.write(100L * PAGE, new byte[10 * PAGE], 0);
        fixture.disk.cache(0, 120L * PAGE, new TestReply(0));
        runBackground();
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(10 * PAGE);
    }

    @Test
    void shouldTakeOnlySoManyCacheRequestsAtOnce() {
        for (int i = 0; i < 100; i++) {
            fixture.disk.cache(0, PAGE, new TestReply(0));
        }
        assertThat(fixture.background).hasSize(16);
        runBackground();
        fixture.disk.cache(0, PAGE, new TestReply(0));
        assertThat(fixture.background).hasSize(1);
    }

    @Test
    void shouldSwallowAFailedCache() {
        layers.blobAt(0).failure = new IOException("bad sector");
        final TestReply reply = new TestReply(0);
        fixture.disk.cache(0, 600L * PAGE, reply);
        runBackground();
        assertThat(reply.error()).isNull();
        assertThat(fixture.count(Counter.ERRORS_IO)).isZero();
    }

    @Test
    void shouldLoadPagesOfTheChainUntilTheDiskIsClosed() throws Exception {
        fixture.core.loader().load(List.of(new PageRange(590, 120)), null);
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(20 * PAGE);
        fixture.disk.close();
        fixture.awaitClosed();
        fixture.core.loader().load(List.of(new PageRange(0, 100)), null);
        assertThat(layers.blobAt(0).bytesRead).as("its files are closed").isEqualTo(20 * PAGE);
    }

    @Test
    void shouldStayOpenWhileALoadIsUnderWay() throws Exception {
        final boolean[] closedDuringLoad = new boolean[1];
        layers.blobAt(0).onRead = () -> {
            fixture.disk.close();
            closedDuringLoad[0] = fixture.isClosed();
        };
        fixture.core.loader().load(List.of(new PageRange(0, 1)), null);
        assertThat(closedDuringLoad[0]).isFalse();
        fixture.awaitClosed();
    }

    @Test
    void shouldCloseWithTheLastConnection() throws Exception {
        final Disk second = fixture.core.connect();
        fixture.disk.close();
        assertThat(fixture.bootReads).doesNotContain("closed");
        final TestReply reply = new TestReply(PAGE);
        second.read(0, PAGE, 0, reply);
        assertThat(reply.done()).isTrue();
        second.close();
        assertThat(fixture.bootReads).endsWith("closed");
        assertThat(fixture.core.connect()).isNull();
        fixture.awaitClosed();
        assertThat(fixture.files.openCount()).isZero();
    }

    @Test
    void shouldAddToTheCountersOfTheDaemonNowAndThenAndAtTheEnd() throws Exception {
        for (int i = 0; i < 1500; i++) {
            fixture.read(0, 10);
        }
        assertThat(fixture.count(Counter.READS)).isEqualTo(1500);
        assertThat(fixture.counters.get(Counter.READS).get()).isEqualTo(1024);
        fixture.disk.close();
        fixture.awaitClosed();
        assertThat(fixture.counters.get(Counter.READS).get()).isEqualTo(1500);
        assertThat(fixture.counters.get(Counter.CHAIN_BYTES).get()).isEqualTo(15_000);
    }

    @Test
    void shouldFailWhatCannotBeParkedBecauseTheDaemonStops() throws IOException {
        layers.residency(length -> 0);
        final DiskParts parts = new DiskParts(
                DiskFixture.info(PAGE), 1, layers.snapshot(), null, loader -> BootTracker.NONE);
        final boolean[] closed = new boolean[1];
        final Executor stopped = DiskBackgroundTest::reject;
        final DiskCore core = new DiskCore(parts, stopped, stopped, fixture.counters, () -> closed[0] = true);
        final Disk disk = core.connect();
        disk.attach(fixture.owner);
        final TestReply reply = new TestReply(10);
        disk.read(0, 10, 0, reply);
        assertThat(reply.error()).isEqualTo(NbdError.EIO);
        disk.cache(0, 10, new TestReply(0));
        disk.close();
        assertThat(closed[0]).isTrue();
    }

    private static void reject(Runnable task) {
        throw new RejectedExecutionException();
    }

    private void runBackground() {
        while (!fixture.background.isEmpty()) {
            fixture.background.remove(0).run();
        }
    }
}
