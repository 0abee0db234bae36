package io.varve.it.crash;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.nbd.client.Completion;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon is killed with writes under way, again and again. Invariants: what a flush or a forced write acknowledged
 * is there; every other page is what it was, or what was last sent for it, or something sent between, never a mixture.
 */
class KillIT {

    private static final int PAGE_COUNT = 2048;
    private static final int ROUNDS = 5;
    private static final int MAX_IN_FLIGHT = 32;

    @TempDir
    Path directory;

    /** A write, or a flush (no pages) that covers what was acknowledged when it was sent. */
    private record Pending(int page, int pageCount, int version, boolean forced, int[] covered) {}

    private Random random;
    private PageOracle oracle;
    private final Map<Long, Pending> pending = new HashMap<>();
    private final BitSet busyPages = new BitSet();

    @ParameterizedTest
    @ValueSource(longs = {71, 72})
    void shouldLoseNothingThatWasFlushed(long seed) throws IOException {
        random = new Random(seed);
        try (Served served = Served.mixed(directory, (long) PAGE_COUNT * PageOracle.PAGE_SIZE, seed)) {
            oracle = new PageOracle(served.raw(), PAGE_COUNT);
            for (int round = 0; round < ROUNDS; round++) {
                writeUntilKilled(served);
                served.restart();
                if (random.nextBoolean()) {
                    served.daemon().connect("disk@victim");
                    served.killAndRestart(); // during or right after its recovery
                }
                readEverything(served, "seed " + seed + " round " + round);
            }
        }
    }

    private void writeUntilKilled(Served served) throws IOException {
        pending.clear();
        busyPages.clear();
        try (NbdClient client = served.daemon().connect("disk@victim")) {
            int requestCount = 200 + random.nextInt(2000);
            for (int i = 0; i < requestCount; i++) {
                if (pending.size() == MAX_IN_FLIGHT) {
                    receive(client);
                }
                if (random.nextInt(25) == 0) {
                    long cookie = client.submit(NbdProtocol.CMD_FLUSH, 0, 0, 0);
                    pending.put(cookie, new Pending(0, 0, 0, false, oracle.acknowledged()));
                } else {
                    write(client);
                }
            }
            served.daemon().kill();
        }
    }

    /** No two writes to a page are under way at once, so that their order is known. */
    private void write(NbdClient client) throws IOException {
        int pageCount = 1 + random.nextInt(8);
        int page = random.nextInt(PAGE_COUNT - pageCount);
        if (!busyPages.get(page, page + pageCount).isEmpty()) {
            return;
        }
        busyPages.set(page, page + pageCount);
        int version = oracle.newVersion();
        boolean forced = random.nextInt(40) == 0;
        for (int i = 0; i < pageCount; i++) {
            oracle.onSubmitted(page + i, version);
        }
        pending.put(send(client, page, pageCount, version, forced ? NbdProtocol.CMD_FLAG_FUA : 0),
                new Pending(page, pageCount, version, forced, null));
    }

    private long send(NbdClient client, int page, int pageCount, int version, int commandFlags) throws IOException {
        long offset = (long) page * PageOracle.PAGE_SIZE;
        int length = pageCount * PageOracle.PAGE_SIZE;
        if (PageOracle.isZero(version)) {
            int flags = commandFlags | (random.nextBoolean() ? NbdProtocol.CMD_FLAG_NO_HOLE : 0);
            return client.submit(NbdProtocol.CMD_WRITE_ZEROES, flags, offset, length);
        }
        byte[] data = new byte[length];
        for (int i = 0; i < pageCount; i++) {
            System.arraycopy(
                    oracle.content(page + i, version), 0, data, i * PageOracle.PAGE_SIZE, PageOracle.PAGE_SIZE);
        }
        return client.submitWrite(offset, data, commandFlags);
    }

    private void receive(NbdClient client) throws IOException {
        Completion completion = client.awaitNext().orThrow();
        Pending done = pending.remove(completion.request().cookie());
        if (done.covered != null) {
            oracle.onFlushed(done.covered);
        }
        busyPages.clear(done.page, done.page + done.pageCount);
        for (int i = 0; i < done.pageCount; i++) {
            oracle.onAcknowledged(done.page + i, done.version);
            if (done.forced) {
                oracle.onDurable(done.page + i, done.version);
            }
        }
    }

    private void readEverything(Served served, String when) throws IOException {
        try (NbdClient client = served.daemon().connect("disk@victim")) {
            int step = 256;
            for (int page = 0; page < PAGE_COUNT; page += step) {
                byte[] content = client.read((long) page * PageOracle.PAGE_SIZE, step * PageOracle.PAGE_SIZE);
                oracle.check(page, content, when);
            }
            client.disconnect();
        }
    }
}
