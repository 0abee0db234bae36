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

/**
 * An overlay that nobody writes any more, read as a layer: its data file, and the newest slot of its map. Nothing is
 * recovered, and nothing is changed.
 *
 * <p>Its pages carry no checksums, as in any overlay; sealing it into a layer gives them some.
 *
 * <p>Thread-safe because it does not change; {@link #close} is called once, by the owner, when nobody reads any more.
 */
public final class FrozenOverlay implements Closeable {

    private final OverlayMeta meta;
    private final StateMap states;
    private final BlockFile data;
    private final Closeable lock;

    private FrozenOverlay(OverlayMeta meta, StateMap states, BlockFile data, Closeable lock) {
        this.meta = meta;
        this.states = states;
        this.data = data;
        this.lock = lock;
    }

    /**
     * @param lock kept until {@link #close}; closed also if opening fails
     * @throws NoSuchFileException  if there is no overlay
     * @throws CorruptDataException if it is damaged, or was not checkpointed before it was frozen
     */
    public static FrozenOverlay open(FileSpace files, Path directory, Closeable lock) throws IOException {
        return orClose(lock, () -> load(files, directory, lock));
    }

    /**
     * The same as {@link #open}, out of what the overlay still has in memory: nothing but its data file is opened.
     *
     * @param directory where the files of the overlay are now
     */
    static FrozenOverlay of(OverlayMeta meta, StateMap states, FileSpace files, Path directory, Closeable lock)
            throws IOException {
        return orClose(lock, () -> new FrozenOverlay(meta, states, openData(files, directory, meta), lock));
    }

    /** Opens a frozen overlay. */
    @FunctionalInterface
    private interface Opening {
        FrozenOverlay open() throws IOException;
    }

    private static FrozenOverlay orClose(Closeable lock, Opening opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException | RuntimeException e) {
            try (lock) {
                throw e;
            }
        }
    }

    private static FrozenOverlay load(FileSpace files, Path directory, Closeable lock) throws IOException {
        try (BlockFile metaFile = files.open(directory.resolve(OverlayOpener.META), OpenMode.READ);
                BlockFile map0 = files.open(directory.resolve(OverlayOpener.MAPS.get(0)), OpenMode.READ);
                BlockFile map1 = files.open(directory.resolve(OverlayOpener.MAPS.get(1)), OpenMode.READ);
                BlockFile journal = OverlayReader.openIfExists(files, directory.resolve(OverlayOpener.JOURNAL))) {
            MetaFile meta = MetaFile.read(metaFile);
            Geometry geometry = Geometry.DEFAULT.withHalfLength(meta.journalHalfLength());
            Recovery recovery = Recovery.load(meta, geometry, new BlockFile[] {map0, map1}, journal);
            if (recovery.hasRecords()) {
                throw new CorruptDataException(directory.resolve(OverlayOpener.JOURNAL).toString(), 0,
                        "it has records after the last checkpoint of an overlay that was frozen");
            }
            return new FrozenOverlay(meta.meta(), recovery.states(), openData(files, directory, meta.meta()), lock);
        }
    }

    private static BlockFile openData(FileSpace files, Path directory, OverlayMeta meta) throws IOException {
        BlockFile data = files.open(directory.resolve(OverlayOpener.DATA), OpenMode.READ);
        try {
            DataFile.require(data, meta);
            return data;
        } catch (IOException e) {
            data.close();
            throw e;
        }
    }

    public OverlayMeta meta() {
        return meta;
    }

    /**
     * What it says about pages: data that lies at its own offset in {@link #data()}, or zero.
     *
     * @param blobIndex of the data in the chain that the overlay is a layer of
     */
    public ExtentList extents(int blobIndex) {
        return new StateExtents(states, blobIndex);
    }

    /** Position = offset. */
    public BlockSource data() {
        return data;
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            data.close();
        }
    }
}
