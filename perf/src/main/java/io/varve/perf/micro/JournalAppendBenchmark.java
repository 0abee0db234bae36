package io.varve.perf.micro;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A write of some pages and the flush after it, in a persistent overlay on a disk: the cost of an fsync in a guest.
 * It contains one fdatasync, so it says as much about the disk as about the journal.
 *
 * <p>Owned by JMH's thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class JournalAppendBenchmark {

    private static final long SIZE = 1L << 28;
    private static final int STRIDE = 977;

    /** Pages written before each commit, apart from each other. */
    @Param({"1", "16"})
    public int pageCount;

    /** The file system whose disk is meant; a file system in memory would make the sync free. */
    @Param("/var/tmp")
    public String directory;

    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
    private Path home;
    private Workers workers;
    private Overlay overlay;
    private long pageIndex;
    private boolean committed;

    @Setup
    public void open() throws IOException {
        home = Files.createTempDirectory(Path.of(directory), "varve-journal-");
        workers = new Workers(2);
        OverlayMeta meta = new OverlayMeta(
                UUID.randomUUID(), "bench", "latest", List.of(), SIZE, "client", System.currentTimeMillis());
        overlay = Overlay.openPersistent(
                new NativeFileSpace(), home.resolve("overlay"), meta, workers, new ClosedOverlays());
        overlay.attach(tasks::add);
        page.setMemory(0, Pages.PAGE_SIZE, (byte) 0x5a);
    }

    @Benchmark
    public void writeAndCommit() throws IOException, InterruptedException {
        for (int i = 0; i < pageCount; i++) {
            pageIndex = (pageIndex + STRIDE) % overlay.pageCount();
            overlay.writePages(pageIndex, 1, page, 0);
        }
        committed = false;
        overlay.commit(failure -> {
            if (failure != null) {
                throw new IllegalStateException("the commit failed", failure);
            }
            committed = true;
        });
        while (!committed) {
            tasks.take().run();
        }
    }

    @TearDown
    public void close() throws IOException, InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        overlay.close(closed::countDown);
        closed.await();
        workers.close();
        try (Stream<Path> tree = Files.walk(home)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
