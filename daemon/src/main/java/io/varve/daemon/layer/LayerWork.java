package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The files of a layer that is being written, in a directory of its own under {@code tmp}.
 *
 * <p>Owned by the thread that writes the layer; {@link #sync} may run on another one.
 */
final class LayerWork implements AutoCloseable {

    private static final String MAP = "map";
    private static final String PROGRESS = "progress";
    private static final int PIECE = 1 << 20;

    final Path directory;
    final BlockFile pages;
    final TableWriter crcs;
    final TableWriter chunks;
    final TableWriter map;
    private final FileSpace space;
    private BlockFile uncachedPages;

    private LayerWork(FileSpace space, Path directory, OpenMode mode) throws IOException {
        this.space = space;
        this.directory = directory;
        BlockFile[] files = new BlockFile[4];
        boolean complete = false;
        try {
            files[0] = space.open(pagesPath(), mode);
            files[1] = space.open(crcPath(), mode);
            files[2] = space.open(chunksPath(), mode);
            files[3] = space.open(mapPath(), mode);
            complete = true;
        } finally {
            if (!complete) {
                closeAll(files);
            }
        }
        pages = files[0];
        crcs = new TableWriter(files[1], TableKind.CRC);
        chunks = new TableWriter(files[2], TableKind.CHUNKS);
        map = new TableWriter(files[3], TableKind.MAP);
    }

    /** Whatever the directory held is gone. After a failure there is no directory. */
    static LayerWork create(FileSpace space, Path directory) throws IOException {
        try {
            space.createDirectories(directory);
            empty(space, directory);
            return new LayerWork(space, directory, OpenMode.CREATE_NEW);
        } catch (IOException e) {
            try {
                empty(space, directory);
                space.delete(directory);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private static void empty(FileSpace space, Path directory) throws IOException {
        for (Path file : space.list(directory)) {
            space.delete(file);
        }
    }

    /**
     * Checks that the files still hold what the progress says, and puts the writers behind it.
     *
     * @return null if they do not
     */
    static LayerWork reopenOrNull(FileSpace space, Path directory, Progress progress) throws IOException {
        LayerWork work;
        try {
            work = new LayerWork(space, directory, OpenMode.READ_WRITE);
        } catch (NoSuchFileException e) {
            return null;
        }
        boolean kept = false;
        try {
            long chunkCount = progress.blobPageCount() * Pages.PAGE_SIZE / Segment.CHUNK_LENGTH;
            work.crcs.resume(progress.blobPageCount(), progress.crcPrefix());
            work.chunks.resume(chunkCount, progress.chunkPrefix());
            work.map.resume(progress.map().entryCount(), progress.map().prefixCrc());
            work.requirePages(progress.blobPageCount());
            kept = true;
            return work;
        } catch (CorruptDataException e) {
            return null;
        } finally {
            if (!kept) {
                work.close();
            }
        }
    }

    private void requirePages(long pageCount) throws IOException {
        if (pages.size() < Pages.offset(pageCount)) {
            throw new CorruptDataException(pages.name(), pages.size(), "it ends before page " + pageCount);
        }
        UnsafeBuffer content = Buffers.alignedDirect(PIECE);
        UnsafeBuffer expected = Buffers.alignedDirect(PIECE / Pages.PAGE_SIZE * Integer.BYTES);
        try (BlockFile crcFile = space.open(crcPath(), OpenMode.READ)) {
            for (long page = 0; page < pageCount; page += PIECE / Pages.PAGE_SIZE) {
                int count = (int) Math.min(PIECE / Pages.PAGE_SIZE, pageCount - page);
                pages.read(Pages.offset(page), content, 0, count * Pages.PAGE_SIZE);
                crcFile.read(TableHeader.LENGTH + page * Integer.BYTES, expected, 0, count * Integer.BYTES);
                for (int i = 0; i < count; i++) {
                    if (Crc32c.of(content, i * Pages.PAGE_SIZE, Pages.PAGE_SIZE)
                            != expected.getInt(i * Integer.BYTES, LITTLE_ENDIAN)) {
                        throw new CorruptDataException(pages.name(), Pages.offset(page + i), "not what was written");
                    }
                }
            }
        }
    }

    /**
     * The pages by a second way, past the page cache. {@link #syncBlob} makes durable what went either way: it is one
     * file.
     */
    BlockFile uncachedPages() throws IOException {
        if (uncachedPages == null) {
            uncachedPages = space.open(pagesPath(), OpenMode.READ_WRITE_UNCACHED);
        }
        return uncachedPages;
    }

    void sync() throws IOException {
        syncBlob();
        map.sync();
    }

    void syncBlob() throws IOException {
        pages.sync();
        crcs.sync();
        chunks.sync();
    }

    Path pagesPath() {
        return directory.resolve(LayerFiles.PAGES);
    }

    Path crcPath() {
        return directory.resolve(LayerFiles.CRC);
    }

    Path chunksPath() {
        return directory.resolve(LayerFiles.CHUNKS);
    }

    Path mapPath() {
        return directory.resolve(MAP);
    }

    static Path progress(Path directory) {
        return directory.resolve(PROGRESS);
    }

    /** With all that is in it. */
    void delete() throws IOException {
        empty(space, directory);
        space.delete(directory);
    }

    @Override
    public void close() throws IOException {
        try (crcs; chunks; map; pages) {
            if (uncachedPages != null) {
                uncachedPages.close();
            }
        }
    }

    private static void closeAll(BlockFile[] files) throws IOException {
        for (BlockFile file : files) {
            if (file != null) {
                file.close();
            }
        }
    }
}
