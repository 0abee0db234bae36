package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.nbd.export.Export;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/**
 * The power fails at every call of snapshots of a client that is connected, and writes and flushes meanwhile: what was
 * flushed is there, in the client's disk and, if it was flushed before the snapshot was asked for, in the image.
 */
class RunningSnapshotCrashTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 8;
    private static final long SIZE = (long) PAGES * PAGE;
    private static final int SNAPSHOTS = 6;
    /** Bytes of a page hold the number of a round. */
    private static final int MAX_ROUNDS = Byte.MAX_VALUE;
    private static final Path ROOT = Path.of("/store");
    private static final ExportName ALICE = ExportName.parse("win@alice");

    private final SimFileSpace disk = new SimFileSpace();
    private final Counters counters = Counters.anonymous();
    /** Per page, the last value that was flushed, and the last that was written; values only grow. */
    private final AtomicIntegerArray flushed = new AtomicIntegerArray(PAGES);
    private final AtomicIntegerArray written = new AtomicIntegerArray(PAGES);
    /** Of each snapshot: what was flushed before. */
    private final List<int[]> flushedBefore = new CopyOnWriteArrayList<>();
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

    @Test
    void shouldLoseNothingThatAClientHadFlushed() throws Exception {
        Store store = Store.openOrCreate(disk, ROOT);
        disk.syncDirectory(Path.of("/"));
        store.publish(ImageName.parse("win"), new ImageManifest(SIZE, List.of(), Instant.EPOCH, "test", null));
        PowerCuts cuts = new PowerCuts(2, 1, this::examine);
        try (Workers workers = new Workers(2);
                BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
                TestAgent agent = new TestAgent();
                StoreDirectory directory = new StoreDirectory(
                        store, List.of(), OverlayPolicy.of(OverlayMode.PERSISTENT), boots, workers, counters)) {
            Export alice = directory.open(ALICE.toString());
            agent.attach(alice);
            writeRound(agent, alice, 1);
            cuts.watch(disk);
            AtomicBoolean enough = new AtomicBoolean();
            Thread writer = new Thread(() -> write(agent, alice, enough));
            writer.start();
            for (int i = 0; i < SNAPSHOTS && failures.isEmpty(); i++) {
                flushedBefore.add(flushedNow());
                directory.snapshot(ALICE, ImageName.parse("snap:" + i));
            }
            enough.set(true);
            writer.join();
            agent.close(alice);
        }
        assertThat(failures).isEmpty();
        assertThat(cuts.imageCount()).isGreaterThan(100);
    }

    private void write(TestAgent agent, Export alice, AtomicBoolean enough) {
        for (int round = 2; round <= MAX_ROUNDS && !enough.get() && failures.isEmpty(); round++) {
            try {
                writeRound(agent, alice, round);
            } catch (Exception e) {
                failures.add("the client failed: " + e);
            }
        }
    }

    private int[] flushedNow() {
        int[] values = new int[PAGES];
        Arrays.setAll(values, flushed::get);
        return values;
    }

    /** Some pages at a time, each with the number of the round. */
    private void writeRound(TestAgent agent, Export alice, int round) throws Exception {
        byte[] content = new byte[PAGE];
        Arrays.fill(content, (byte) round);
        for (int page = round % 3; page < PAGES; page += 3) {
            written.set(page, round);
            agent.write(alice, (long) page * PAGE, content);
        }
        agent.flush(alice);
        for (int page = round % 3; page < PAGES; page += 3) {
            flushed.set(page, round);
        }
    }

    /** What fails here is kept for the test: a worker that it is thrown at would take it for a defect of its own. */
    private void examine(SimFileSpace image) {
        int[] least = flushedNow();
        try {
            Store store = Store.open(image, ROOT);
            require("the client", StoreContents.client(store, ALICE), least);
            for (ImageName name : store.images()) {
                if (name.name().equals("snap")) {
                    require(name.toString(), StoreContents.image(store, name),
                            flushedBefore.get(Integer.parseInt(name.tag())));
                }
            }
        } catch (IOException | RuntimeException e) {
            failures.add(e.toString());
        }
    }

    private void require(String what, byte[] content, int[] least) {
        for (int i = 0; i < content.length; i++) {
            int page = i / PAGE;
            if (content[i] < least[page] || content[i] > written.get(page)) {
                failures.add(what + ": byte " + i + " is of round " + content[i] + ", flushed was " + least[page]
                        + ", written " + written.get(page));
                return;
            }
        }
    }
}
