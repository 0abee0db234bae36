package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes the files of a new overlay.
 *
 * <p>Design note: meta gets its name first and its content last, with everything else durable in between, because the
 * name carries the lock and the content says that the overlay exists. A directory whose meta has no content is one
 * whose making was cut short, and is made anew; unless it holds a commit, for then meta was damaged and nothing must
 * be thrown away.
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class OverlayMaker {

    /** The client, its tag, its image and the directory of all overlays: names that one making can add. */
    private static final int NEW_ANCESTORS = 4;

    private final FileSpace files;
    private final Path directory;

    OverlayMaker(FileSpace files, Path directory) {
        this.files = files;
        this.directory = directory;
    }

    /** Whether a client was ever told that something is durable here. */
    boolean holdsCommit() throws IOException {
        if (files.exists(directory.resolve(OverlayOpener.JOURNAL))) {
            return true;
        }
        for (String map : OverlayOpener.MAPS) {
            Path path = directory.resolve(map);
            if (files.exists(path)) {
                try (BlockFile file = files.open(path, OpenMode.READ)) {
                    if (MapReader.holdsCommit(file)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /**
     * Makes everything anew.
     *
     * @param metaFile empty, or left by a making that was cut short
     */
    MetaFile make(BlockFile metaFile, OverlayMeta expected, int journalHalfLength) throws IOException {
        long pageCount = expected.pageCount();
        int regionCount = StateMap.regionCount(pageCount);
        try (BlockFile data = openOrCreate(OverlayOpener.DATA)) {
            DataFile.create(data, expected);
            data.sync();
        }
        for (String name : OverlayOpener.MAPS) {
            try (BlockFile map = openOrCreate(name)) {
                MapSlots.create(map, regionCount);
                if (name.equals(OverlayOpener.MAPS.get(0))) {
                    new MapWriter(map, Buffers.alignedDirect(MapWriter.BUFFER_LENGTH))
                            .write(expected.id(), new MapSlot(0, 0, 0, 0, 0, 0), new StateMap(pageCount).snapshot());
                } else {
                    map.sync();
                }
            }
        }
        Path ancestor = directory;
        for (int i = 0; i <= NEW_ANCESTORS && ancestor != null; i++) {
            files.syncDirectory(ancestor);
            ancestor = ancestor.getParent();
        }
        return MetaFile.create(metaFile, expected, journalHalfLength);
    }

    private BlockFile openOrCreate(String name) throws IOException {
        Path path = directory.resolve(name);
        return files.open(path, files.exists(path) ? OpenMode.READ_WRITE : OpenMode.CREATE_NEW);
    }
}
