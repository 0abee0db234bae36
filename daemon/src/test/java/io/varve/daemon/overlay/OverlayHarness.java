package io.varve.daemon.overlay;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An overlay on a simulated disk, with its oracle. The agent and the workers are queues that the test runs, so every
 * interleaving is one that the test chose.
 */
final class OverlayHarness {

    static final Path DIRECTORY = Path.of("/sim/debian/12/alice");
    static final Geometry SMALL = SimOverlay.Kind.SMALL.geometry;
    static final RecordBuffers BUFFERS = new RecordBuffers(16 << 10);

    private final int firstPage;
    private final Geometry geometry;
    private final OverlayMeta meta;
    private final SectorModel model;
    private final Queue<Runnable> workerTasks = new ArrayDeque<>();
    private final Queue<Runnable> ownerTasks = new ArrayDeque<>();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(64 << 10);
    private PowerCuts cuts;
    private SimFileSpace disk;
    private ClosedOverlays closed = new ClosedOverlays();
    private Overlay overlay;
    private boolean inWorker;

    OverlayHarness(SimFileSpace disk, int pageCount) {
        this(disk, 0, pageCount, SMALL);
    }

    /** @param firstPage where on the disk the pages lie that the test calls 0 to {@code pageCount - 1} */
    OverlayHarness(SimFileSpace disk, int firstPage, int pageCount, Geometry geometry) {
        this.disk = disk;
        this.firstPage = firstPage;
        this.geometry = geometry;
        this.meta = meta(firstPage + pageCount);
        this.model = new SectorModel(pageCount * SectorModel.SECTORS_PER_PAGE);
    }

    static OverlayMeta meta(int pageCount) {
        return new OverlayMeta(new UUID(1, 2), "debian", "12", List.of("base", "top"), Pages.offset(pageCount),
                "alice", 1_700_000_000_000L);
    }

    SimFileSpace disk() {
        return disk;
    }

    Overlay overlay() {
        return overlay;
    }

    Geometry geometry() {
        return geometry;
    }

    SectorModel model() {
        return model;
    }

    boolean inWorker() {
        return inWorker;
    }

    int pageCount() {
        return (int) meta.pageCount() - firstPage;
    }

    /** From now on every call is a power cut for those. */
    void watch(PowerCuts newCuts) {
        cuts = newCuts;
        cuts.watch(disk);
    }

    /** The power comes back, or another process starts; what ran before is gone. */
    void restart(SimFileSpace newDisk) {
        disk = newDisk;
        closed = new ClosedOverlays();
        if (cuts != null) {
            cuts.watch(disk);
        }
        overlay = null;
        inWorker = false;
        workerTasks.clear();
        ownerTasks.clear();
    }

    void open() throws IOException {
        OverlayOpener opener =
                new OverlayOpener(disk, DIRECTORY, DIRECTORY, geometry, BUFFERS, Runnable::run, closed);
        overlay = Overlay.persistent(opener.openOrCreate(meta), DIRECTORY, workerTasks::add);
        overlay.attach(ownerTasks::add);
    }

    /** Opens after a crash and asks the oracle. */
    void recover() throws IOException {
        open();
        model.requireSurvived(new OverlayView(overlay, firstPage));
    }

    /** What a client of the living overlay reads. */
    void requireCurrent() throws IOException {
        model.requireCurrent(new OverlayView(overlay, firstPage));
    }

    /** The client leaves and comes back. */
    void reopen() throws IOException {
        runAll();
        close();
        open();
        requireCurrent();
    }

    /** The process dies, the machine does not, and another process goes on. */
    void kill() throws IOException {
        restart(disk.fork());
        recover();
    }

    /** Commits; the process dies before the first call of that kind, if there is one. */
    void commitAndKillAt(SimCall.Kind kind) throws IOException {
        SimHook before = disk.hook();
        disk.hook(call -> {
            before.before(call);
            if (call.kind() == kind) {
                throw new SimCrash("killed at " + call);
            }
        });
        try {
            commitNow();
            disk.hook(before);
        } catch (SimCrash e) {
            kill();
        }
    }

    /** Commits; before the first call of the worker the client writes. */
    void commitDuring(Change change) throws IOException {
        SimHook before = disk.hook();
        commit();
        boolean[] done = new boolean[1];
        disk.hook(call -> {
            before.before(call);
            if (!done[0]) {
                done[0] = true;
                change.run();
            }
        });
        runAll();
        disk.hook(before);
    }

    boolean hasTasks() {
        return !workerTasks.isEmpty() || !ownerTasks.isEmpty();
    }

    void runWorker() {
        Runnable task = workerTasks.poll();
        if (task != null) {
            inWorker = true;
            task.run();
            inWorker = false;
        }
    }

    void runOwner() {
        Runnable task = ownerTasks.poll();
        if (task != null) {
            task.run();
        }
    }

    void runAll() {
        while (hasTasks()) {
            runWorker();
            runOwner();
        }
    }

    void write(int pageIndex, int pageCount) throws IOException {
        int first = pageIndex * SectorModel.SECTORS_PER_PAGE;
        int count = pageCount * SectorModel.SECTORS_PER_PAGE;
        fill(first, count);
        change(first, count, () -> overlay.writePages(firstPage + pageIndex, pageCount, buffer, 0));
    }

    /** Does nothing unless all pages are PRESENT. */
    void overwrite(int firstSector, int count) throws IOException {
        int lastPage = (firstSector + count - 1) / SectorModel.SECTORS_PER_PAGE;
        for (int page = firstSector / SectorModel.SECTORS_PER_PAGE; page <= lastPage; page++) {
            if (overlay.state(firstPage + page) != Overlay.PRESENT) {
                return;
            }
        }
        fill(firstSector, count);
        long offset = Pages.offset(firstPage) + (long) firstSector * SectorModel.SECTOR;
        change(firstSector, count, () -> overlay.overwrite(offset, count * SectorModel.SECTOR, buffer, 0));
    }

    void zero(int pageIndex, int pageCount) throws IOException {
        zeros(pageIndex, pageCount, () -> overlay.zeroPages(firstPage + pageIndex, pageCount));
    }

    void allocateZeros(int pageIndex, int pageCount) throws IOException {
        zeros(pageIndex, pageCount, () -> overlay.allocateZeroPages(firstPage + pageIndex, pageCount));
    }

    private void zeros(int pageIndex, int pageCount, Change change) throws IOException {
        int first = pageIndex * SectorModel.SECTORS_PER_PAGE;
        int count = pageCount * SectorModel.SECTORS_PER_PAGE;
        model.writing(first, count, SectorModel.ZEROS);
        change(first, count, change);
    }

    private void fill(int firstSector, int count) {
        int number = model.nextNumber();
        for (int i = 0; i < count; i++) {
            SectorModel.fill(buffer, i * SectorModel.SECTOR, firstSector + i, number);
        }
        model.writing(firstSector, count, number);
    }

    private void change(int firstSector, int count, Change change) throws IOException {
        change.run();
        model.written(firstSector, count);
    }

    /** Answers where the result will be found: nothing yet, null in the list for durable, or the failure. */
    List<IOException> commit() {
        long moment = model.now();
        List<IOException> answer = new ArrayList<>();
        overlay.commit(failure -> {
            answer.add(failure);
            if (failure == null) {
                model.committed(moment);
            }
        });
        return answer;
    }

    /** Commits and waits. */
    IOException commitNow() {
        List<IOException> answer = commit();
        runAll();
        return answer.get(0);
    }

    /** Closes and waits; all is durable then, if the overlay is healthy. */
    void close() {
        long moment = model.now();
        boolean[] closed = new boolean[1];
        overlay.close(() -> closed[0] = true);
        runAll();
        if (!closed[0]) {
            throw new AssertionError("the overlay did not say that it is closed");
        }
        if (!overlay.failed()) {
            model.committed(moment);
        }
    }

    /** A call that changes the overlay. */
    @FunctionalInterface
    interface Change {
        void run() throws IOException;
    }
}
