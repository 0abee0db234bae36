package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.PageRange;
import io.varve.daemon.boot.TestWaves;
import io.varve.daemon.boot.WaveMemory;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that boot together from sources of which nothing stays near. */
class DiskSharedReadsTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 1000;

    private final Queue<Runnable> demand = new ArrayDeque<>();
    private final Counters counters = Counters.anonymous();
    private WaveMemory memory = TestWaves.memory(4096);

    /** One client of the wave. */
    private final class Client {

        private final TestOwner owner = new TestOwner();
        private final DiskCore core;
        private final Disk disk;

        Client(FakeLayers layers) {
            final DiskParts parts = new DiskParts(DiskFixture.info((long) PAGES * PAGE), 7, layers.snapshot(), null,
                    loader -> TestWaves.tracker(memory));
            core = new DiskCore(parts, demand::add, task -> { }, counters, () -> { });
            disk = core.connect();
            disk.attach(owner);
        }

        TestReply read(long offset, int length) {
            final TestReply reply = new TestReply(length);
            disk.read(offset, length, 0, reply);
            return reply;
        }

        long count(Counter counter) {
            return core.statistics().get(counter);
        }
    }

    @Test
    void shouldReadOnceWhatManyAskForAtOneTime() {
        final FakeLayers layers = far(new FakeLayers(PAGES, new Random(1)).blob(PAGES).data(0, PAGES, 0, 0));
        final List<Client> clients = new ArrayList<>();
        final List<TestReply> replies = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(new Client(layers));
            replies.add(clients.get(i).read(37 * PAGE + 512, 3 * PAGE));
        }
        settle(clients);
        for (final TestReply reply : replies) {
            assertThat(reply.payload()).isEqualTo(expected(layers, 37 * PAGE + 512, 3 * PAGE));
        }
        assertThat(layers.blobAt(0).bytesRead).as("one piece of 64 KiB").isEqualTo(16 * PAGE);
        final TestReply now = clients.get(0).read(32 * PAGE, 16 * PAGE);
        assertThat(now.done()).as("no worker is asked").isTrue();
        assertThat(clients.get(0).count(Counter.BOOT_SHARED_BYTES)).isEqualTo(16 * PAGE);
    }

    @Test
    void shouldNotReadAheadWhatIsShared() throws IOException {
        final FakeLayers layers = far(new FakeLayers(PAGES, new Random(1)).blob(PAGES).data(0, PAGES, 0, 0));
        final Client client = new Client(layers);
        client.core.loader().load(List.of(new PageRange(100, 3), new PageRange(105, 100)), memory);
        client.core.loader().load(List.of(new PageRange(96, 112)), memory);
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(112 * PAGE);
        assertThat(client.read(100 * PAGE, 90 * PAGE).done()).isTrue();
    }

    @Test
    void shouldLeaveSourcesAloneThatKeepWhatWasRead() throws IOException {
        final FakeLayers layers = new FakeLayers(PAGES, new Random(1)).blob(PAGES).data(0, PAGES, 0, 0);
        layers.residency(length -> 0);
        final Client client = new Client(layers);
        client.core.loader().load(List.of(new PageRange(100, 3)), memory);
        final TestReply reply = client.read(101 * PAGE, PAGE);
        assertThat(reply.done()).isFalse();
        settle(List.of(client));
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(4 * PAGE);
        assertThat(memory.holds(layers.blobAt(0), 101 * PAGE, PAGE)).isFalse();
    }

    @Test
    void shouldFailOnlyTheReadThatAsksForWhatIsBroken() {
        final FakeLayers layers = far(new FakeLayers(PAGES, new Random(1)).blob(PAGES).data(0, PAGES, 0, 0));
        final Client client = new Client(layers);
        layers.blobAt(0).brokenPage = 5;
        final TestReply beside = client.read(6 * PAGE, PAGE);
        settle(List.of(client));
        assertThat(beside.payload()).isEqualTo(expected(layers, 6 * PAGE, PAGE));
        final TestReply broken = client.read(5 * PAGE, PAGE);
        settle(List.of(client));
        assertThat(broken.error()).isEqualTo(NbdError.EIO);
    }

    /** Whatever the extents are, and whether the memory has room: right bytes, and each page is read once if it has. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldServeRightBytesAndReadEachPageOnce(long seed) throws IOException {
        final boolean roomy = seed % 2 == 0;
        memory = TestWaves.memory(roomy ? 8 * PAGES : 300);
        final Random random = new Random(seed);
        final FakeLayers layers = far(FakeLayers.random(PAGES, random));
        final List<Client> clients = List.of(new Client(layers), new Client(layers), new Client(layers));
        for (int i = 0; i < 1500; i++) {
            final int page = random.nextInt(PAGES - 40);
            if (random.nextInt(8) == 0) {
                clients.get(0).core.loader().load(List.of(new PageRange(page, 1 + random.nextInt(40))), memory);
                continue;
            }
            final int offset = page * PAGE + 512 * random.nextInt(8);
            final int length = 512 * (1 + random.nextInt(300));
            final List<TestReply> replies = clients.stream().map(each -> each.read(offset, length)).toList();
            settle(clients);
            for (final TestReply reply : replies) {
                assertThat(Arrays.equals(reply.payload(), expected(layers, offset, length)))
                        .as("seed %d, step %d", seed, i).isTrue();
            }
        }
        if (roomy) {
            for (int blob = 0; blob < layers.blobCount(); blob++) {
                assertThat(Arrays.stream(layers.blobAt(blob).pageReads).max().orElseThrow())
                        .as("seed %d", seed).isEqualTo(1);
            }
        }
    }

    private static FakeLayers far(FakeLayers layers) {
        layers.residency(length -> 0);
        for (int i = 0; i < layers.blobCount(); i++) {
            layers.blobAt(i).near = false;
        }
        return layers;
    }

    private void settle(List<Client> clients) {
        int posted;
        do {
            while (!demand.isEmpty()) {
                demand.remove().run();
            }
            posted = clients.stream().mapToInt(client -> client.owner.drain()).sum();
        } while (posted > 0 || !demand.isEmpty());
    }

    private static byte[] expected(FakeLayers layers, int offset, int length) {
        return Arrays.copyOfRange(layers.content(), offset, offset + length);
    }
}
