package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A recorded boot, replayed by a client and a storage on one virtual clock: the storage is as fast as told and does
 * one thing at a time, the client thinks as long as the recorded one did and waits for what is not in memory.
 */
class BootReplayTest {

    private static final long DISK_PAGES = (4L << 30) >>> 12;

    private record Touch(long timeNs, long pageIndex, int pageCount) {}

    private final List<Touch> touches = load();

    @Test
    void shouldLearnTheBootBehindTheProbe() {
        final Sequence sequence = learn(touches);
        assertThat(sequence.startUs(0)).isZero();
        assertThat(sequence.pageCount()).isBetween(8_000, 13_000);
        assertThat(sequence.entryCount()).isBetween(100, 400);
    }

    @Test
    void shouldKeepAheadOfTheSameBoot() {
        final Simulation boot = new Simulation(1_000_000, 40_000);
        boot.run(touches);
        final BootCounters counters = boot.counters();
        assertThat(counters.missed()).isZero();
        assertThat(counters.hitRatio()).as("%s", counters).isGreaterThan(0.95);
        assertThat(counters.prefetched()).isGreaterThanOrEqualTo(counters.used());
    }

    @Test
    void shouldKeepAheadOfABootInAnotherOrderWithOtherPages() {
        for (long seed = 0; seed < 10; seed++) {
            final Simulation boot = new Simulation(1_000_000, 40_000);
            boot.run(disturbed(new Random(seed)));
            final BootCounters counters = boot.counters();
            assertThat(counters.missed()).as("seed %d", seed).isPositive();
            assertThat(counters.hitRatio()).as("seed %d, %s", seed, counters).isGreaterThan(0.75);
        }
    }

    @Test
    void shouldShortenTheBootOfASlowStorage() {
        final long coldNs = new Simulation(8_000_000, 60_000).runWithoutReplay(touches);
        final Simulation warm = new Simulation(8_000_000, 60_000);
        final long warmNs = warm.run(touches);
        assertThat(warmNs).as("%s", warm.counters()).isLessThan(coldNs);
        assertThat(warm.counters().hitRatio()).isGreaterThan(0.8);
    }

    private static Sequence learn(List<Touch> boot) {
        final Recorder recorder = new Recorder(DISK_PAGES, finished -> { });
        boot.forEach(touch -> recorder.onRead(touch.pageIndex, touch.pageCount, touch.timeNs));
        recorder.close();
        return Profile.of(recorder.sequence().orElseThrow(), DISK_PAGES).sequences().get(0);
    }

    /** Neighbours in time change places, one in ten is missing, one in ten is somewhere else. */
    private List<Touch> disturbed(Random random) {
        final List<Touch> pages = new ArrayList<>(touches);
        for (int i = 0; i < pages.size() - 8; i++) {
            final int other = i + random.nextInt(8);
            final Touch swapped = pages.get(other);
            pages.set(other, pages.get(i));
            pages.set(i, swapped);
        }
        final List<Touch> result = new ArrayList<>();
        for (int i = 0; i < pages.size(); i++) {
            final Touch touch = pages.get(i);
            final int fate = random.nextInt(10);
            if (fate != 0) {
                final long page = fate == 1 ? random.nextInt((int) DISK_PAGES - 256) : touch.pageIndex;
                result.add(new Touch(touches.get(i).timeNs, page, touch.pageCount));
            }
        }
        return result;
    }

    private static List<Touch> load() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                BootReplayTest.class.getResourceAsStream("boot-shape.tsv"), StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t"))
                    .map(column -> new Touch(
                            TimeUnit.MILLISECONDS.toNanos(Long.parseLong(column[0])),
                            Long.parseLong(column[1]),
                            Integer.parseInt(column[2])))
                    .toList();
        } catch (final IOException ex) {
            throw new AssertionError(ex);
        }
    }

    /** One storage with a seek and a transfer time; what was read once stays in memory. */
    private final class Simulation {

        private final long seekNs;
        private final long pageNs;
        private final Set<Long> inMemory = new HashSet<>();
        private final Queue<Runnable> background = new ArrayDeque<>();
        private long storageFreeNs;
        private Replayer replayer;

        Simulation(long seekNs, long pageNs) {
            this.seekNs = seekNs;
            this.pageNs = pageNs;
        }

        /** Answers when the client is done. */
        long run(List<Touch> boot) {
            final ReadAhead readAhead = new ReadAhead(learn(touches), null, background::add);
            replayer = new Replayer(List.of(readAhead), null, DISK_PAGES, this::load, finished -> { });
            replayer.start();
            final long endNs = client(boot);
            replayer.close();
            return endNs;
        }

        long runWithoutReplay(List<Touch> boot) {
            return client(boot);
        }

        BootCounters counters() {
            return replayer.counters();
        }

        private long client(List<Touch> boot) {
            long nowNs = 0;
            long previousNs = boot.get(0).timeNs;
            for (final Touch touch : boot) {
                nowNs += touch.timeNs - previousNs;
                previousNs = touch.timeNs;
                while (!background.isEmpty() && storageFreeNs <= nowNs) {
                    background.remove().run();
                }
                if (replayer != null) {
                    replayer.onRead(touch.pageIndex, touch.pageCount, nowNs);
                }
                if (isCold(touch.pageIndex, touch.pageCount)) {
                    storageFreeNs = Math.max(storageFreeNs, nowNs);
                    read(touch.pageIndex, touch.pageCount);
                    nowNs = storageFreeNs;
                }
            }
            return nowNs;
        }

        private boolean load(List<PageRange> ranges, WaveMemory memory) {
            ranges.forEach(range -> read(range.pageIndex(), range.pageCount()));
            return true;
        }

        private void read(long pageIndex, int pageCount) {
            if (isCold(pageIndex, pageCount)) {
                storageFreeNs += seekNs + pageCount * pageNs;
            }
            for (long page = pageIndex; page < pageIndex + pageCount; page++) {
                inMemory.add(page);
            }
        }

        private boolean isCold(long pageIndex, int pageCount) {
            for (long page = pageIndex; page < pageIndex + pageCount; page++) {
                if (!inMemory.contains(page)) {
                    return true;
                }
            }
            return false;
        }
    }
}
