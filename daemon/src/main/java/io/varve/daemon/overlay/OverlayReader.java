package io.varve.daemon.overlay;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * A kept overlay without a server: recovered, locked against everybody else, and read by one thread.
 *
 * <p>Owned by the thread that opened it.
 */
public final class OverlayReader implements Closeable {

    private static final int INFO_ATTEMPTS = 3;

    private final OverlayOpener.Opened opened;

    private OverlayReader(OverlayOpener.Opened opened) {
        this.opened = opened;
    }

    /**
     * Opens and recovers what is there, whatever it stands on.
     *
     * @throws NoSuchFileException   if there is no overlay
     * @throws OverlayInUseException if somebody else has it open
     * @throws CorruptDataException  if it was damaged
     */
    public static OverlayReader open(FileSpace files, Path directory) throws IOException {
        return open(new OverlayOpener(files, directory, Geometry.DEFAULT, Overlay.BUFFERS, Runnable::run));
    }

    static OverlayReader open(OverlayOpener opener) throws IOException {
        return new OverlayReader(opener.open(null));
    }

    public OverlayMeta meta() {
        return opened.meta();
    }

    public long pageCount() {
        return opened.states().pageCount();
    }

    /** {@link Overlay#ABSENT}, {@link Overlay#PRESENT} or {@link Overlay#ZERO}. */
    public int state(long pageIndex) {
        return opened.states().state(pageIndex);
    }

    /** Consecutive pages from {@code pageIndex} on that share its state; 1 to {@code maxPageCount}. */
    public long runLength(long pageIndex, long maxPageCount) {
        return opened.states().runLength(pageIndex, maxPageCount);
    }

    /**
     * What it says about pages: data that lies at its own offset in {@link #data()}, or zero.
     *
     * @param blobIndex of the data, as the extents shall call it
     */
    public ExtentList extents(int blobIndex) {
        return new StateExtents(opened.states(), blobIndex);
    }

    /** Bytes of PRESENT pages at position = offset. */
    public BlockSource data() {
        return opened.files().data();
    }

    /**
     * Makes the directory complete without its journal, as a {@link FrozenOverlay} needs it; durable at return.
     *
     * @throws IOException if that failed: the overlay must be opened anew
     */
    public void checkpoint() throws IOException {
        if (!opened.recovered()) {
            return;
        }
        try {
            opened.files().writer().checkpoint(opened.states().snapshot());
        } catch (IOException | RuntimeException e) {
            opened.files().failureMark().set(e);
            throw e;
        }
    }

    public Bitmaps bitmaps() {
        return opened.bitmaps();
    }

    @Override
    public void close() throws IOException {
        opened.bitmaps().close();
        opened.files().close();
    }

    /**
     * What its dirty bitmaps say, without a lock and without changing anything. Of an overlay in use they are a
     * superset.
     *
     * @throws NoSuchFileException  if there is no overlay
     * @throws CorruptDataException if it was damaged
     */
    public static List<BitmapInfo> bitmaps(FileSpace files, Path directory) throws IOException {
        try (BlockFile metaFile = files.open(directory.resolve(OverlayOpener.META), OpenMode.READ)) {
            MetaFile meta = MetaFile.read(metaFile);
            return Bitmaps.load(files, directory, meta.meta(), meta.ownerEpoch(), () -> states(files, directory, meta))
                    .stream().map(DirtyBitmap::info).toList();
        }
    }

    private static StateMap states(FileSpace files, Path directory, MetaFile meta) throws IOException {
        try (BlockFile map0 = files.open(directory.resolve(OverlayOpener.MAPS.get(0)), OpenMode.READ);
                BlockFile map1 = files.open(directory.resolve(OverlayOpener.MAPS.get(1)), OpenMode.READ);
                BlockFile journal = openIfExists(files, directory.resolve(OverlayOpener.JOURNAL))) {
            Geometry geometry = Geometry.DEFAULT.withHalfLength(meta.journalHalfLength());
            return Recovery.load(meta, geometry, new BlockFile[] {map0, map1}, journal).states();
        }
    }

    /**
     * What the overlay stands on; a moment's work, without a lock, also while it is in use.
     *
     * @throws NoSuchFileException  if there is no overlay
     * @throws CorruptDataException if its making was cut short, or it was damaged
     */
    public static OverlayMeta meta(FileSpace files, Path directory) throws IOException {
        try (BlockFile file = files.open(directory.resolve(OverlayOpener.META), OpenMode.READ)) {
            return MetaFile.read(file).meta();
        }
    }

    /**
     * What the files say, without a lock, without recovering and without changing anything. Of an overlay in use it
     * may be a little older than what its client sees.
     *
     * @throws NoSuchFileException  if there is no overlay
     * @throws CorruptDataException if it was damaged
     */
    public static OverlayInfo info(FileSpace files, Path directory) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return readInfo(files, directory);
            } catch (CorruptDataException e) {
                // A checkpoint that passes between two reads looks like damage once, but hardly again.
                if (attempt == INFO_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static OverlayInfo readInfo(FileSpace files, Path directory) throws IOException {
        try (BlockFile metaFile = files.open(directory.resolve(OverlayOpener.META), OpenMode.READ);
                BlockFile map0 = files.open(directory.resolve(OverlayOpener.MAPS.get(0)), OpenMode.READ);
                BlockFile map1 = files.open(directory.resolve(OverlayOpener.MAPS.get(1)), OpenMode.READ);
                BlockFile journal = openIfExists(files, directory.resolve(OverlayOpener.JOURNAL))) {
            MetaFile meta = MetaFile.read(metaFile);
            Geometry geometry = Geometry.DEFAULT.withHalfLength(meta.journalHalfLength());
            Recovery recovery = Recovery.load(meta, geometry, new BlockFile[] {map0, map1}, journal);
            long present = recovery.states().presentPageCount();
            long own = metaFile.size() + map0.size() + map1.size() + (journal == null ? 0 : journal.size());
            return new OverlayInfo(meta.meta(), present, recovery.states().count(Overlay.ZERO),
                    Pages.offset(present) + own, condition(files, directory, recovery));
        }
    }

    private static OverlayInfo.Condition condition(FileSpace files, Path directory, Recovery recovery) {
        if (new FailureMark(files, directory).isSet()) {
            return OverlayInfo.Condition.FAILED;
        }
        return recovery.hasRecords() ? OverlayInfo.Condition.UNCLEAN : OverlayInfo.Condition.CLEAN;
    }

    static BlockFile openIfExists(FileSpace files, Path path) throws IOException {
        return files.exists(path) ? files.open(path, OpenMode.READ) : null;
    }
}
