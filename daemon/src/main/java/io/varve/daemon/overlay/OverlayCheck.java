package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Damage;
import io.varve.daemon.io.DamageList;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Checks the files of an overlay: everything that recovery would check, without recovering, and that each page of its
 * data can be read. Changes nothing and takes no lock, so that a client that comes meanwhile is not turned away.
 *
 * <p>Bytes in data have no checksum: what a disk makes of them without saying so is not found. While an overlay is
 * used, its checkpoints and its journal move, and a snapshot puts another one in its place; what looks like damage
 * counts only if it looks the same twice.
 *
 * <p>Owned by the thread that checks.
 */
public final class OverlayCheck {

    private static final int ATTEMPTS = 6;
    private static final int PIECE_LENGTH = 1 << 20;

    private final FileSpace files;
    private final Path directory;
    private final boolean inUse;
    private final LongConsumer progress;
    private final DamageList damages = new DamageList();
    private OverlayMeta meta;
    private String note;

    /**
     * What was found.
     *
     * @param meta    null if it cannot be read
     * @param damages empty if all is well
     * @param note    one line about what could not be checked; null if all could
     */
    public record Report(OverlayMeta meta, List<Damage> damages, String note) {}

    /** States and journal as they were read. */
    private record Content(Recovery recovery, boolean otherSlotIsBad) {}

    private OverlayCheck(FileSpace files, Path directory, boolean inUse, LongConsumer progress) {
        this.files = files;
        this.directory = directory;
        this.inUse = inUse;
        this.progress = progress;
    }

    /**
     * @param inUse    whether a daemon has it open
     * @param progress is told, again and again, how many more bytes of data were read
     * @throws NoSuchFileException if there is no overlay
     */
    public static Report run(FileSpace files, Path directory, boolean inUse, LongConsumer progress)
            throws NoSuchFileException {
        return new OverlayCheck(files, directory, inUse, progress).run();
    }

    private Report run() throws NoSuchFileException {
        Content content = readContent();
        if (meta != null) {
            if (content != null) {
                checkOtherSlot(content);
            }
            checkData(content);
            if (new FailureMark(files, directory).isSet()) {
                damages.add(directory.resolve(FailureMark.NAME), 0, 0, "a write or a sync failed since the overlay was "
                        + "opened last: look at the log of the daemon and at the disk; the next open repairs it");
            }
        }
        return new Report(meta, damages.toList(), note);
    }

    /** Meta is written last: without it, and without a commit, there is nothing yet that could be damaged. */
    private void addUnlessUnfinished(IOException failure) throws NoSuchFileException {
        Path path = directory.resolve(OverlayOpener.META);
        if (!files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        try {
            if (meta == null && failure instanceof CorruptDataException
                    && !new OverlayMaker(files, directory).holdsCommit()) {
                note = "its making was cut short; the next connection makes it anew";
                return;
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        damages.addFailure(meta == null ? path : directory, failure);
    }

    /** @return null if it cannot be had */
    private Content readContent() throws NoSuchFileException {
        String before = null;
        for (int attempt = 1; ; attempt++) {
            try {
                return readContentOnce();
            } catch (IOException e) {
                if (e.getMessage() != null && e.getMessage().equals(before)) {
                    addUnlessUnfinished(e);
                    return null;
                }
                if (attempt == ATTEMPTS) {
                    note = "it changes faster than it can be checked: verify it when its client is idle";
                    return null;
                }
                before = e.getMessage();
            }
        }
    }

    private Content readContentOnce() throws IOException {
        meta = null;
        Path metaPath = directory.resolve(OverlayOpener.META);
        Path journalPath = directory.resolve(OverlayOpener.JOURNAL);
        try (BlockFile metaFile = files.open(metaPath, OpenMode.READ)) {
            MetaFile read = MetaFile.read(metaFile);
            meta = read.meta();
            try (BlockFile map0 = open(OverlayOpener.MAPS.get(0));
                    BlockFile map1 = open(OverlayOpener.MAPS.get(1));
                    BlockFile journal = OverlayReader.openIfExists(files, journalPath)) {
                BlockFile[] maps = {map0, map1};
                Recovery recovery = Recovery.load(
                        read, Geometry.DEFAULT.withHalfLength(read.journalHalfLength()), maps, journal);
                boolean settled = !inUse && !recovery.hasRecords();
                return new Content(recovery, settled && !isWholeOrEmpty(maps[1 - recovery.newest()]));
            }
        }
    }

    private BlockFile open(String name) throws IOException {
        return files.open(directory.resolve(name), OpenMode.READ);
    }

    private boolean isWholeOrEmpty(BlockFile file) throws IOException {
        MapReader reader = new MapReader(file, meta.id(), meta.pageCount());
        return reader.readHeader() == null ? isEmpty(file) : reader.readStates() != null;
    }

    private static boolean isEmpty(BlockFile file) throws IOException {
        int length = (int) Math.min(Header.LENGTH, file.size());
        UnsafeBuffer header = Buffers.alignedDirect(Header.LENGTH);
        file.read(0, header, 0, length);
        for (int i = 0; i < length; i += Long.BYTES) {
            if (header.getLong(i, LITTLE_ENDIAN) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * With records after the newest whole checkpoint, another one that is not whole is what a crash leaves. Without,
     * it may be the newest, damaged: then the older one counts, and what the newer one alone knew is gone.
     */
    private void checkOtherSlot(Content content) {
        if (content.otherSlotIsBad()) {
            damages.add(directory.resolve(OverlayOpener.MAPS.get(1 - content.recovery().newest())), 0, Header.LENGTH,
                    "it is not a whole checkpoint: either the daemon ended while it was written, or it was damaged "
                            + "since, and then what was flushed last may be missing");
        }
    }

    /** @param content null if it is not known which pages are in data */
    private void checkData(Content content) {
        Path path = directory.resolve(OverlayOpener.DATA);
        try (BlockFile data = files.open(path, OpenMode.READ)) {
            long right = Pages.offset(meta.pageCount());
            if (data.size() < right) {
                damages.add(path, data.size(), right - data.size(), "these bytes are missing");
            }
            if (!DataFile.isLabelWhole(data, meta)) {
                damages.add(path, right, data.size() - right, "what says whose data it is is damaged; the data is not");
            } else if (data.size() >= right) {
                DataFile.require(data, meta);
            }
            if (content != null) {
                readPresent(data, path, content.recovery().states());
            }
        } catch (IOException e) {
            damages.addFailure(path, e);
        }
    }

    private void readPresent(BlockFile data, Path path, StateMap states) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(PIECE_LENGTH);
        long pageCount = Math.min(states.pageCount(), Pages.index(data.size()));
        for (long page = 0; page < pageCount; ) {
            long run = states.runLength(page, pageCount - page);
            if (states.state(page) == Overlay.PRESENT) {
                run = Math.min(run, PIECE_LENGTH / Pages.PAGE_SIZE);
                readPages(data, path, page, (int) run, buffer);
                progress.accept(Pages.offset(run));
            }
            page += run;
        }
    }

    private void readPages(BlockFile data, Path path, long page, int pageCount, UnsafeBuffer buffer) {
        try {
            data.readQuietly(Pages.offset(page), buffer, 0, (int) Pages.offset(pageCount));
        } catch (IOException e) {
            if (pageCount == 1) {
                damages.add(path, Pages.offset(page), Pages.PAGE_SIZE, "it cannot be read");
                return;
            }
            for (int i = 0; i < pageCount; i++) {
                readPages(data, path, page + i, 1, buffer);
            }
        }
    }
}
