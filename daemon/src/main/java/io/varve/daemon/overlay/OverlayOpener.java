package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.shim.file.LockKind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;

/**
 * Opens overlays that are kept: locks, recovers, and makes durable what was recovered.
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class OverlayOpener {

    static final String META = "meta";
    static final String DATA = "data";
    static final String JOURNAL = "jrnl";
    static final List<String> MAPS = List.of("map0", "map1");

    /**
     * An overlay ready for use, nobody's yet.
     *
     * @param recovered whether there were records: the first thing to write is a checkpoint
     */
    record Opened(OverlayMeta meta, OverlayFiles files, StateMap states, boolean recovered, Bitmaps bitmaps) {}

    private final FileSpace files;
    private final Path directory;
    private final Geometry writeGeometry;
    private final RecordBuffers buffers;
    private final FailureMark mark;
    /** Where the directory will be while the overlay is used. */
    private final Path home;
    private final Executor helper;
    private final ClosedOverlays closed;
    /** Closed if opening fails, newest first. */
    private final List<Closeable> open = new ArrayList<>();
    /** Whether the mark was there when the lock was had: nobody else sets it then. */
    private boolean failedBefore;
    /** Whether a failure from now on may leave in memory what is not on the disk. */
    private boolean writing;

    OverlayOpener(FileSpace files, Path directory, Geometry geometry, RecordBuffers buffers, Executor helper) {
        this(files, directory, directory, geometry, buffers, helper, new ClosedOverlays());
    }

    /**
     * @param home   where the directory is moved before anything is committed
     * @param helper does some of the waiting
     * @param closed what this process knows of the overlay
     */
    OverlayOpener(FileSpace files, Path directory, Path home, Geometry geometry, RecordBuffers buffers,
            Executor helper, ClosedOverlays closed) {
        this.files = files;
        this.directory = directory;
        this.writeGeometry = geometry;
        this.buffers = buffers;
        this.mark = new FailureMark(files, directory);
        this.home = home;
        this.helper = helper;
        this.closed = closed;
    }

    /** Opens the overlay, making it first if there is none. */
    Opened openOrCreate(OverlayMeta expected) throws IOException {
        Path metaPath = directory.resolve(META);
        if (!files.exists(metaPath)) {
            files.createDirectories(directory);
            try {
                files.open(metaPath, OpenMode.CREATE_NEW).close();
            } catch (FileAlreadyExistsException e) {
                // Somebody else makes it now; the lock decides.
                return open(expected);
            }
        }
        return open(expected);
    }

    /**
     * Opens the overlay.
     *
     * @param expected what it must stand on; null takes what is recorded
     * @throws NoSuchFileException if there is none
     */
    Opened open(OverlayMeta expected) throws IOException {
        Path metaPath = directory.resolve(META);
        if (!files.exists(metaPath)) {
            throw new NoSuchFileException(directory.toString(), null, "there is no overlay");
        }
        try {
            FileLocks.Lock lock = files.tryLock(metaPath, LockKind.EXCLUSIVE);
            if (lock == null) {
                throw new OverlayInUseException(directory);
            }
            open.add(lock::close);
            failedBefore = mark.isSet();
            if (failedBefore) {
                mark.dropCached();
            }
            try (BlockFile metaFile = files.open(metaPath, OpenMode.READ_WRITE)) {
                MetaFile meta = readOrCreate(metaFile, expected);
                if (expected != null && (meta.meta().size() != expected.size()
                        || !meta.meta().layerIds().equals(expected.layerIds()))) {
                    throw new OverlayMismatchException(directory, meta.meta(), expected);
                }
                return recover(meta, lock::close);
            }
        } catch (IOException | RuntimeException e) {
            if (writing) {
                mark.set(e);
            }
            closeAll(e);
            throw e;
        }
    }

    /** Moves the directory away in one step, so that a crash leaves a whole overlay or none under its name. */
    static void delete(FileSpace files, Path directory, Path trash) throws IOException {
        if (!files.exists(directory.resolve(META))) {
            throw new NoSuchFileException(directory.toString(), null, "there is no overlay");
        }
        try (FileLocks.Lock lock = files.tryLock(directory.resolve(META), LockKind.EXCLUSIVE)) {
            if (lock == null) {
                throw new OverlayInUseException(directory);
            }
            files.rename(directory, trash);
            files.syncDirectory(trash.getParent());
            files.syncDirectory(directory.getParent());
            for (Path file : files.list(trash)) {
                files.delete(file);
            }
            files.delete(trash);
        }
    }

    private MetaFile readOrCreate(BlockFile metaFile, OverlayMeta expected) throws IOException {
        try {
            return MetaFile.read(metaFile);
        } catch (CorruptDataException e) {
            OverlayMaker maker = new OverlayMaker(files, directory);
            if (expected == null || maker.holdsCommit()) {
                throw e;
            }
            writing = true;
            return maker.make(metaFile, expected, writeGeometry.halfLength());
        }
    }

    private Opened recover(MetaFile metaFile, Closeable lock) throws IOException {
        OverlayMeta meta = metaFile.meta();
        Geometry geometry = writeGeometry.withHalfLength(metaFile.journalHalfLength());
        BlockFile data = opened(DATA);
        DataFile.require(data, meta);
        BlockFile[] maps = {opened(MAPS.get(0)), opened(MAPS.get(1))};
        BlockFile journalFile = files.exists(directory.resolve(JOURNAL)) ? opened(JOURNAL) : null;
        OptionalLong left = failedBefore ? OptionalLong.empty() : closed.take(meta.id(), metaFile.ownerEpoch());
        Recovery recovery = left.isPresent()
                ? Recovery.load(metaFile, geometry, maps, journalFile)
                : loadAndSync(metaFile, geometry, data, maps, journalFile);
        boolean asLeft = left.isPresent() && left.getAsLong() == recovery.lastSeq() && !recovery.hasRecords();
        if (left.isPresent() && !asLeft) {
            // Somebody has put an older copy of the files there.
            await(EarlySync.begin(data, helper));
        }
        if (journalFile != null && recovery.journal() == null) {
            open.remove(open.size() - 1).close();
        }
        List<DirtyBitmap> loaded =
                Bitmaps.load(files, directory, meta, metaFile.ownerEpoch(), recovery::states);
        writing = true;
        // Dirty bitmaps are believed by the epoch: with some, nothing may be written under the one that closed them.
        long ownerEpoch = asLeft && loaded.isEmpty() ? metaFile.ownerEpoch() : metaFile.claim(recovery.lastSeq());
        Journal journal = new Journal(files, home.resolve(JOURNAL), recovery.journal(), geometry, meta.id(),
                ownerEpoch);
        journal.resume(recovery.slot(), recovery.lastSeq());
        MapSlots slots = new MapSlots(maps, recovery.newest(), meta, buffers);
        slots.resume(recovery.stored(), recovery.states().storedRegionCount());
        EpochWriter writer = new EpochWriter(data, journal, slots, ownerEpoch,
                lastSeq -> closed.add(meta.id(), ownerEpoch, lastSeq));
        if (!asLeft) {
            replay(recovery, data, maps);
        }
        if (failedBefore) {
            mark.clear();
        }
        OverlayFiles.Tuning tuning = new OverlayFiles.Tuning(geometry, buffers);
        FailureMark markAtHome = new FailureMark(files, home);
        return new Opened(meta, new OverlayFiles(data, journal, slots, writer, tuning, markAtHome, lock),
                recovery.states(), recovery.hasRecords(),
                new Bitmaps(new Bitmaps.Home(files, home, ownerEpoch), meta, loaded));
    }

    /**
     * What is read may be in the page cache of a machine whose last daemon was killed, and no further: it is made
     * durable before a client sees it. The data file, which may have much to sync, at the same time as states are read.
     */
    private Recovery loadAndSync(MetaFile metaFile, Geometry geometry, BlockFile data, BlockFile[] maps,
            BlockFile journal) throws IOException {
        EarlySync dataSync = EarlySync.begin(data, helper);
        try {
            return Recovery.load(metaFile, geometry, maps, journal);
        } finally {
            await(dataSync);
        }
    }

    private void await(EarlySync dataSync) throws IOException {
        try {
            dataSync.await();
        } catch (IOException e) {
            writing = true;
            throw e;
        }
    }

    /**
     * The rest is made durable. Payloads are it where they are; their copies in the data file wait for the checkpoint,
     * as they did when they were committed.
     */
    private void replay(Recovery recovery, BlockFile data, BlockFile[] maps) throws IOException {
        files.syncDirectory(directory);
        maps[recovery.newest()].sync();
        if (recovery.hasRecords()) {
            recovery.journal().sync();
            recovery.replayPayloads(data);
        }
    }

    private BlockFile opened(String name) throws IOException {
        try {
            BlockFile file = files.open(directory.resolve(name), OpenMode.READ_WRITE);
            open.add(file::close);
            return file;
        } catch (NoSuchFileException e) {
            throw new CorruptDataException(directory.resolve(name).toString(), 0, "it is missing");
        }
    }

    private void closeAll(Exception cause) {
        for (int i = open.size() - 1; i >= 0; i--) {
            try {
                open.get(i).close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }
}
