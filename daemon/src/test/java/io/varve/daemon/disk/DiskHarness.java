package io.varve.daemon.disk;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.SimOverlay;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A whole disk on a simulated file system: requests go in, replies come out, and the oracle is asked about what a
 * client reads. Two pages and a piece of a third; the layers below hold the first and the last, and are never in
 * memory.
 */
final class DiskHarness {

    static final int SECTORS = 2 * SectorModel.SECTORS_PER_PAGE + 3;
    private static final int SIZE = SECTORS * SectorModel.SECTOR;
    static final Path DIRECTORY = Path.of("/sim/debian/12/alice");
    private static final OverlayMeta META = new OverlayMeta(
            new UUID(1, 2), "debian", "12", List.of("base"), SIZE, "alice", 1_700_000_000_000L);
    private static final FakeLayers LAYERS = layers();
    private static final ChainSnapshot CHAIN = LAYERS.snapshot();
    private static final Counters COUNTERS = Counters.anonymous();

    /** One that is under way, and what it covers. */
    private record Flush(TestReply reply, long moment) {}

    private final SimOverlay.Kind kind;
    private final Path directory;
    private final SectorModel model = new SectorModel(SECTORS);
    private final Queue<Runnable> demand = new ArrayDeque<>();
    private final UnsafeBuffer payload = Buffers.alignedDirect(SIZE);
    private final List<Flush> flushes = new ArrayList<>();
    private PowerCuts cuts;
    private SimFileSpace files;
    private TestOwner owner;
    private DiskCore core;
    private Disk disk;
    private boolean closed;

    DiskHarness(SimFileSpace files, SimOverlay.Kind kind) {
        this(files, kind, DIRECTORY);
    }

    /** @param directory of the overlay; another one for each disk of one file system */
    DiskHarness(SimFileSpace files, SimOverlay.Kind kind, Path directory) {
        this.files = files;
        this.kind = kind;
        this.directory = directory;
    }

    private static FakeLayers layers() {
        FakeLayers layers = new FakeLayers(3, new Random(5)).blob(2).data(0, 1, 0, 1).data(2, 1, 0, 0);
        layers.residency(length -> 0);
        return layers;
    }

    SectorModel model() {
        return model;
    }

    SimFileSpace files() {
        return files;
    }

    SimOverlay.Kind kind() {
        return kind;
    }

    DiskCore core() {
        return core;
    }

    void open() throws IOException {
        owner = new TestOwner();
        demand.clear();
        flushes.clear();
        closed = false;
        DiskParts parts = new DiskParts(DiskFixture.info(SIZE), 7, CHAIN,
                SimOverlay.open(files, directory, META, kind, demand::add), loader -> BootTracker.NONE);
        core = new DiskCore(parts, demand::add, demand::add, COUNTERS, () -> closed = true);
        disk = core.connect();
        disk.attach(owner);
    }

    /** Opens after a crash and asks the oracle. */
    void recover() throws IOException {
        open();
        model.requireSurvived(view());
    }

    void requireCurrent() throws IOException {
        model.requireCurrent(view());
    }

    /** From now on every call is a power cut for those. */
    void watch(PowerCuts newCuts) {
        cuts = newCuts;
        cuts.watch(files);
    }

    /** The process dies, the machine does not, and another process goes on. */
    void kill() throws IOException {
        files = files.fork();
        if (cuts != null) {
            cuts.watch(files);
        }
        recover();
    }

    void close() {
        long moment = model.now();
        disk.close();
        settle();
        if (!closed) {
            throw new AssertionError("the disk did not say that it is closed");
        }
        model.committed(moment);
    }

    NbdError write(int firstSector, int count, int flags) {
        int number = model.nextNumber();
        for (int i = 0; i < count; i++) {
            SectorModel.fill(payload, i * SectorModel.SECTOR, firstSector + i, number);
        }
        return change(firstSector, count, number, flags, reply -> disk.write(
                offset(firstSector), count * SectorModel.SECTOR, flags, payload, 0, reply));
    }

    NbdError zeroes(int firstSector, int count, int flags) {
        return change(firstSector, count, SectorModel.ZEROS, flags, reply -> disk.writeZeroes(
                offset(firstSector), (long) count * SectorModel.SECTOR, flags, reply));
    }

    /** Zeroes whole pages; the piece of a page at the end of the disk is one. */
    NbdError trim(int firstSector, int count) {
        int page = SectorModel.SECTORS_PER_PAGE;
        int first = (firstSector + page - 1) / page * page;
        int end = firstSector + count == SECTORS ? SECTORS : (firstSector + count) / page * page;
        return change(first, Math.max(0, end - first), SectorModel.ZEROS, 0, reply -> disk.trim(
                offset(firstSector), (long) count * SectorModel.SECTOR, 0, reply));
    }

    private static long offset(int sector) {
        return (long) sector * SectorModel.SECTOR;
    }

    private NbdError change(int firstSector, int count, int number, int flags, Request request) {
        model.writing(firstSector, count, number);
        NbdError error = answer(request);
        if (error == null) {
            model.written(firstSector, count);
            if ((flags & NbdProtocol.CMD_FLAG_FUA) != 0) {
                model.committed(model.now());
            }
        }
        return error;
    }

    NbdError flush() {
        long moment = model.now();
        NbdError error = answer(reply -> disk.flush(reply));
        if (error == null) {
            model.committed(moment);
        }
        return error;
    }

    /** The flush is under way while other requests come. */
    void flushLater() {
        long moment = model.now();
        TestReply reply = new TestReply(0);
        disk.flush(reply);
        flushes.add(new Flush(reply, moment));
        seeFlushes();
    }

    private void seeFlushes() {
        flushes.removeIf(flush -> {
            if (flush.reply.done() && flush.reply.error() == null) {
                model.committed(flush.moment);
            }
            return flush.reply.done();
        });
    }

    /** Null after success. */
    private NbdError answer(Request request) {
        TestReply reply = new TestReply(0);
        request.send(reply);
        await(reply);
        return reply.error();
    }

    /** One task of a worker and what it leads to; false if there is nothing to do. */
    private boolean runOne() {
        Runnable task = demand.poll();
        if (task != null) {
            task.run();
        }
        boolean more = owner.drain() > 0 || task != null;
        seeFlushes();
        return more;
    }

    /** Runs everything that waits, until nothing does. */
    void settle() {
        while (runOne()) {
            continue;
        }
    }

    private void await(TestReply reply) {
        while (!reply.done()) {
            if (!runOne()) {
                throw new AssertionError("a request was not answered");
            }
        }
    }

    /** Reads all; answers null after success. */
    NbdError read() {
        TestReply reply = new TestReply(SIZE);
        disk.read(0, SIZE, 0, reply);
        await(reply);
        return reply.error();
    }

    /** What a client reads now, all of it at once. */
    SectorModel.View view() {
        TestReply reply = new TestReply(SIZE);
        disk.read(0, SIZE, 0, reply);
        await(reply);
        if (reply.error() != null) {
            throw new AssertionError("a read failed: " + reply.error());
        }
        UnsafeBuffer bytes = new UnsafeBuffer(reply.payload());
        UnsafeBuffer parent = new UnsafeBuffer(LAYERS.content());
        return (sector, number) -> number == SectorModel.PARENT
                ? isEqual(bytes, parent, sector * SectorModel.SECTOR)
                : SectorModel.isFilled(bytes, sector * SectorModel.SECTOR, sector, number);
    }

    private static boolean isEqual(UnsafeBuffer one, UnsafeBuffer other, int index) {
        for (int i = index; i < index + SectorModel.SECTOR; i += Long.BYTES) {
            if (one.getLong(i) != other.getLong(i)) {
                return false;
            }
        }
        return true;
    }

    /** Sends a request. */
    @FunctionalInterface
    private interface Request {
        void send(TestReply reply);
    }
}
