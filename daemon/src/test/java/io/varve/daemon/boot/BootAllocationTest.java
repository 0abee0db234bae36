package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.varve.daemon.io.Place;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

/** Being watched costs a read no memory, whoever watches. */
class BootAllocationTest {

    private static final int READS = 100_000;
    private static final long DISK_PAGES = 10_000_000;
    /** From read to read; a burst would end what is watched. */
    private static final long READ_NS = 100_000;

    private long nowNs;

    @Test
    void shouldRecordWithoutAllocation() {
        final Recorder recorder = new Recorder(DISK_PAGES, finished -> { });
        assertThat(allocatedBy(recorder)).isLessThan(READS);
        assertThat(recorder.activity()).isEqualTo(BootTracker.Activity.RECORDING);
    }

    @Test
    void shouldFollowASequenceWithoutAllocation() {
        final long[] pages = new long[4000];
        final int[] counts = new int[4000];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = i * 50L;
            counts[i] = 20;
        }
        final Replayer replayer = replayer(List.of(new Sequence(pages, counts, new int[4000])), Runnable::run);
        replayer.start();
        assertThat(allocatedBy(replayer)).isLessThan(READS);
        assertThat(replayer.counters().used()).isPositive();
    }

    @Test
    void shouldChooseAVariantWithoutAllocation() {
        final long[] reads = new long[VariantChoice.READS + 1];
        for (int i = 0; i < reads.length; i++) {
            reads[i] = i * 50L;
        }
        final List<Sequence> variants = List.of(TestSequences.ofPages(7, 9), TestSequences.ofPages(reads));
        final Replayer[] replayers = new Replayer[200];
        Arrays.setAll(replayers, i -> replayer(variants, step -> { }));
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().getId();
        readMany(replayers[0], 1000);
        final long before = threads.getThreadAllocatedBytes(thread);
        for (int i = 1; i < replayers.length; i++) {
            readMany(replayers[i], VariantChoice.READS + 1);
        }
        assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(replayers.length);
        assertThat(replayers[1].counters().missed()).isEqualTo(VariantChoice.READS * 8 - 1 + 7);
    }

    @Test
    void shouldRecordAndFollowWithoutAllocation() {
        final Replayer replayer = replayer(List.of(TestSequences.ofPages(0, 50)), Runnable::run);
        assertThat(allocatedBy(new RecordedReplay(new Recorder(DISK_PAGES, finished -> { }), replayer)))
                .isLessThan(READS);
    }

    private static Replayer replayer(List<Sequence> variants, Executor background) {
        final List<ReadAhead> shared = variants.stream().map(each -> new ReadAhead(each, null, background)).toList();
        return new Replayer(shared, null, DISK_PAGES, (ranges, memory) -> true, over -> { });
    }

    @Test
    void shouldWriteDownWithoutAllocation() {
        final BootLog log = new BootLog(BootTracker.NONE, () -> true, finished -> { });
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().getId();
        writeDown(log, 1000);
        final long before = threads.getThreadAllocatedBytes(thread);
        writeDown(log, READS);
        assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(READS);
        assertThat(log.isBoot()).isTrue();
    }

    private void writeDown(BootLog log, int count) {
        for (int i = 0; i < count; i++) {
            nowNs += READ_NS;
            final long entry = log.onPark(log.onRead(50L * i, 8, 1, nowNs), 50L * i + 3);
            log.onAnswer(entry, Place.ORIGIN, nowNs + 1000);
        }
    }

    private long allocatedBy(BootTracker tracker) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().getId();
        readMany(tracker, 1000);
        final long before = threads.getThreadAllocatedBytes(thread);
        readMany(tracker, READS);
        return threads.getThreadAllocatedBytes(thread) - before;
    }

    private void readMany(BootTracker tracker, int count) {
        long page = 0;
        for (int i = 0; i < count; i++) {
            nowNs += READ_NS;
            tracker.onRead(page, 8, nowNs);
            page = (page + 50) % 200_000; // few regions, over and over
        }
    }
}
