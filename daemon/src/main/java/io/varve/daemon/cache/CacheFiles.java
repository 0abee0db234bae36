package io.varve.daemon.cache;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.TruncatedFileException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The four files of a cache, open. {@code ready} is made last and deleted first: where it is whole, so are the others.
 *
 * <p>Owned by the cache.
 */
final class CacheFiles implements Closeable {

    private static final Logger LOG = LoggerFactory.getLogger(CacheFiles.class);
    private static final String DATA = "data";
    private static final String CRC = "crc";
    private static final String DIGESTS = "digests";
    private static final String READY = "ready";
    private static final String FRESH = "ready.new";

    final ChunkPages pages;
    final DigestFile digests;
    final ReadyFile bitmap;
    /** What the bitmap said when it was opened, from then on kept by the cache. */
    final ChunkBits ready;
    /** Chunks that may take space on disk. */
    final ChunkBits allocated;
    final int chunkCount;

    private final FileSpace space;
    private final Path directory;
    private final List<BlockFile> open = new ArrayList<>();

    /** @param fresh just made, so that there is nothing in it, whatever the file system says */
    private CacheFiles(FileSpace space, Path directory, ReadyHeader header, boolean fresh) throws IOException {
        this.space = space;
        this.directory = directory;
        chunkCount = header.chunkCount();
        ready = new ChunkBits(chunkCount);
        allocated = new ChunkBits(chunkCount);
        boolean whole = false;
        try {
            BlockFile readyFile = openFile(READY, ReadyFile.length(chunkCount), header);
            BlockFile data = openFile(DATA, dataLength(header.diskSize()), null);
            BlockFile crcs = openFile(CRC, ChunkPages.crcFileLength(header.diskSize()), null);
            digests = new DigestFile(openFile(DIGESTS, DigestFile.length(chunkCount), null));
            pages = new ChunkPages(data, crcs);
            bitmap = new ReadyFile(readyFile, chunkCount);
            bitmap.load(ready);
            if (!fresh) {
                findSpace(data);
            }
            whole = true;
        } finally {
            if (!whole) {
                close();
            }
        }
    }

    /** @param header that the file must begin with; null if it has none */
    private BlockFile openFile(String name, long length, ReadyHeader header) throws IOException {
        BlockFile file = space.open(directory.resolve(name), OpenMode.READ_WRITE);
        open.add(file);
        if (header != null) {
            header.require(file);
        }
        if (file.size() != length) {
            throw new CorruptDataException(file.name(), Math.min(file.size(), length),
                    "it is " + file.size() + " bytes long, " + length + " are right");
        }
        return file;
    }

    /** A chunk that is not ready may take space: it came after the bitmap was written, or was not punched any more. */
    private void findSpace(BlockFile data) throws IOException {
        long size = data.size();
        for (long from = data.nextData(0); from < size; ) {
            long to = Math.max(data.nextHole(from), from + 1);
            for (int chunk = Chunks.index(from); chunk <= Chunks.index(to - 1); chunk++) {
                allocated.set(chunk);
            }
            from = data.nextData(to);
        }
    }

    /**
     * Opens what is there. What is not there is made, and what is damaged as a whole, or too old, is made anew.
     *
     * @throws OtherDiskException                             if it is there and another disk's
     * @throws io.varve.daemon.io.FormatVersionException if a later version made it
     */
    static CacheFiles open(FileSpace space, Path directory, ReadyHeader header) throws IOException {
        space.createDirectories(directory);
        if (space.exists(directory.resolve(READY))) {
            try {
                return new CacheFiles(space, directory, header, false);
            } catch (CorruptDataException | NoSuchFileException | TruncatedFileException | EOFException e) {
                LOG.warn("the cache in {} is of no use any more, and begins again empty: {}", directory,
                        e.getMessage());
            }
        }
        make(space, directory, header);
        return new CacheFiles(space, directory, header, true);
    }

    private static void make(FileSpace space, Path directory, ReadyHeader header) throws IOException {
        // Also where there is none: the process that deleted it may have been killed before its sync.
        forget(space, directory);
        for (String name : List.of(FRESH, DATA, CRC, DIGESTS)) {
            space.delete(directory.resolve(name));
        }
        makeFile(space, directory.resolve(DATA), dataLength(header.diskSize()));
        makeFile(space, directory.resolve(CRC), ChunkPages.crcFileLength(header.diskSize()));
        makeFile(space, directory.resolve(DIGESTS), DigestFile.length(header.chunkCount()));
        space.syncDirectory(directory);
        try (BlockFile file = space.open(directory.resolve(FRESH), OpenMode.CREATE_NEW)) {
            header.write(file);
            new ReadyFile(file, header.chunkCount()).writeEmpty();
            file.sync();
        }
        space.rename(directory.resolve(FRESH), directory.resolve(READY));
        space.syncDirectory(directory);
        space.syncDirectory(directory.getParent());
    }

    private static void makeFile(FileSpace space, Path path, long length) throws IOException {
        try (BlockFile file = space.open(path, OpenMode.CREATE_NEW)) {
            file.truncate(length);
            file.sync();
        }
    }

    /** The next open begins with nothing. Files that are open stay usable. */
    void forget() throws IOException {
        forget(space, directory);
    }

    private static void forget(FileSpace space, Path directory) throws IOException {
        space.delete(directory.resolve(READY));
        space.syncDirectory(directory);
    }

    /** Whole pages, so that the last one has a checksum like any other. */
    private static long dataLength(long diskSize) {
        return Pages.offset(Pages.count(diskSize));
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (BlockFile file : open) {
            try {
                file.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        open.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
