package io.varve.daemon.transfer;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.layer.LayerWriter;
import io.varve.daemon.layer.LayerWriter.Caching;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes a layer of a file; see the description of this package for what a second run does.
 *
 * <p>Owned by the thread that runs it; interrupting that thread stops it.
 */
public final class ImportJob {

    /** Bytes read at once. */
    private static final int PIECE_LENGTH = 1 << 20;
    private static final int KEY_LENGTH = 32;

    private final FileSpace space;
    private final Path layersDirectory;
    private final ImportPart part;
    private final Path path;
    private final Chain parent;
    private final ProgressListener listener;

    /**
     * @param layersDirectory {@code layers} of the store; {@code blobs} and {@code tmp} lie beside it
     * @param part            stays the caller's to close
     * @param parentOrNull    what is equal there is not stored; stays the caller's
     */
    ImportJob(FileSpace space, Path layersDirectory, ImportPart part, Chain parentOrNull, ProgressListener listener) {
        this.space = space;
        this.layersDirectory = layersDirectory;
        this.part = part;
        this.path = part.source().path();
        this.parent = parentOrNull;
        this.listener = listener;
    }

    /**
     * @throws ImportException      if the source changes; says so in one line
     * @throws NoSpaceException     if the store's disk is full
     * @throws InterruptedException if the thread was interrupted; the next run continues
     */
    public ImportResult run() throws IOException, InterruptedException {
        try {
            if (!part.isRepeatable()) {
                try (LayerWriter writer = LayerWriter.create(space, layersDirectory, part.size(), parent)) {
                    return copy(writer);
                }
            }
            return runRepeatable();
        } catch (InterruptedIOException e) {
            throw new InterruptedException("the import of " + path + " was interrupted");
        } catch (NoSpaceException e) {
            throw new NoSpaceException("no space left for the layer of " + path + " in "
                    + layersDirectory.toAbsolutePath().getParent() + ": free some and import again", e);
        }
    }

    private ImportResult runRepeatable() throws IOException {
        String name = "import-" + key();
        Path temporary = LayerFiles.temporary(layersDirectory);
        Path lockFile = temporary.resolve(name + ".lock");
        space.createDirectories(temporary);
        try (FileLocks.Lock lock = lock(lockFile)) {
            boolean keep = false;
            try (LayerWriter writer = LayerWriter.resume(space, layersDirectory, part.size(), parent, name,
                    Caching.BEGINNING)) {
                try {
                    return copy(writer);
                } catch (InterruptedIOException e) {
                    // What was asked is done; waiting for the disk below is not to be interrupted by it again.
                    Thread.interrupted();
                    writer.suspend();
                    keep = true;
                    throw e;
                }
            } finally {
                if (!keep) {
                    space.delete(lock.file());
                }
            }
        }
    }

    private FileLocks.Lock lock(Path file) throws IOException {
        try {
            space.open(file, OpenMode.CREATE_NEW).close();
        } catch (FileAlreadyExistsException e) {
            // Left by a run that was stopped, or held by one that is not: the lock tells.
        }
        FileLocks.Lock lock = space.tryLock(file, LockKind.EXCLUSIVE);
        if (lock == null) {
            throw new ImportException(path + " is being imported already: wait for that to end");
        }
        return lock;
    }

    private String key() {
        String identity = part.identity() + "\n" + (parent == null ? "" : parent.layers() + " " + parent.size());
        return Sha256.hex(identity.getBytes(StandardCharsets.UTF_8)).substring(0, KEY_LENGTH);
    }

    private ImportResult copy(LayerWriter writer) throws IOException {
        long size = part.size();
        long resumed = Math.min(size, Pages.offset(writer.nextPage()));
        ProgressClock progress = new ProgressClock(listener, System::nanoTime, size, resumed);
        long offset = resumed;
        while (offset < size) {
            part.look(offset);
            long end = part.end();
            if (part.step() == ImportPart.Step.COPY) {
                for (; offset < end; offset += copyPiece(writer, offset, end)) {
                    requireNotInterrupted();
                    progress.onStep(offset);
                }
            } else {
                requireNotInterrupted();
                if (part.step() == ImportPart.Step.ZEROS) {
                    writer.writeZeros(Pages.index(offset), Pages.count(end) - Pages.index(offset));
                }
                offset = end;
            }
            progress.onStep(offset);
        }
        part.source().requireUnchanged();
        LayerId layer = writer.seal();
        progress.onEnd();
        return new ImportResult(layer, LayerManifest.read(space, layersDirectory, layer), resumed);
    }

    private static void requireNotInterrupted() throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException();
        }
    }

    /** @return bytes that were read, at least 1 */
    private int copyPiece(LayerWriter writer, long offset, long end) throws IOException {
        int room = Math.min(PIECE_LENGTH, writer.windowPageCount() * Pages.PAGE_SIZE);
        int length = (int) Math.min(room, end - offset);
        UnsafeBuffer window = writer.window();
        int index = writer.windowIndex();
        int pageCount = (int) Pages.count(length);
        part.read(offset, window, index, length);
        window.setMemory(index + length, pageCount * Pages.PAGE_SIZE - length, (byte) 0);
        writer.acceptWindow(Pages.index(offset), pageCount);
        return length;
    }
}
