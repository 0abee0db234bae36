package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageWalk;
import io.varve.daemon.format.ImageWalk.Scope;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.TruncatedFileException;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * What becomes one layer: a file of a chain, or all of it, in pages.
 *
 * <p>Design note: a page of which the file says one sector is read whole, through the chain, so that the layer holds
 * the sectors of its parents in the same page too.
 *
 * <p>Owned by the thread that runs the job.
 */
final class ImportPart {

    /** What to do with the next pages. */
    enum Step {
        /** They are the parent's. */
        SKIP,
        ZEROS,
        COPY
    }

    private final ImportSource source;
    private final int level;
    private final Scope scope;
    private final ImageChain disk;
    private final ImageWalk walk;
    /** Byte from which on the parents have nothing. */
    private final long parentEnd;
    private Step step;
    private long end;

    /** One file. */
    static ImportPart file(ImportSource source, int level) {
        return new ImportPart(source, level, Scope.TOP);
    }

    /** The file and its parents as one. */
    static ImportPart whole(ImportSource source) {
        return new ImportPart(source, 0, Scope.CHAIN);
    }

    private ImportPart(ImportSource source, int level, Scope scope) {
        this.source = source;
        this.level = level;
        this.scope = scope;
        this.disk = source.disk(level);
        this.walk = new ImageWalk(disk, scope);
        if (scope == Scope.CHAIN) {
            // What no file says anything about is zero, also where the layers below are not.
            this.parentEnd = 0;
        } else {
            this.parentEnd = disk.images().size() == 1 ? disk.size() : disk.images().get(1).size();
        }
    }

    ImportSource source() {
        return source;
    }

    /** Bytes of the disk. */
    long size() {
        return disk.size();
    }

    boolean isRepeatable() {
        return source.isRepeatable(level);
    }

    /** Stands for what is read. */
    String identity() {
        return scope + "\n" + String.join("\n", source.identities(level));
    }

    /**
     * Finds out what to do at a page.
     *
     * @param offset byte in the disk, of the first byte of a page inside it
     */
    void look(long offset) throws IOException {
        try {
            walk.seek(offset);
        } catch (TruncatedFileException e) {
            source.requireUnchanged();
            throw e;
        }
        long found = walk.end();
        switch (walk.kind()) {
            case ABSENT -> lookAbsent(offset, found);
            case ZERO -> setWhole(Step.ZEROS, offset, found);
            default -> set(Step.COPY, roundedUp(found));
        }
    }

    /**
     * What lies behind the end of a parent is zero. The store's layers may have something there, from a file further
     * down that is longer.
     */
    private void lookAbsent(long offset, long found) {
        if (offset >= parentEnd) {
            setWhole(Step.ZEROS, offset, found);
        } else {
            setWhole(Step.SKIP, offset, Math.min(found, parentEnd));
        }
    }

    /** Whole pages of one kind; a page that is only partly of it is copied. */
    private void setWhole(Step wanted, long offset, long found) {
        long whole = found == disk.size() ? found : found & -Pages.PAGE_SIZE;
        if (whole > offset) {
            set(wanted, whole);
        } else {
            set(Step.COPY, roundedUp(offset + 1));
        }
    }

    private long roundedUp(long offset) {
        return Math.min(disk.size(), Pages.offset(Pages.count(offset)));
    }

    private void set(Step newStep, long newEnd) {
        this.step = newStep;
        this.end = newEnd;
    }

    Step step() {
        return step;
    }

    /** Byte in the disk where the step ends: of a page, or of the disk. */
    long end() {
        return end;
    }

    void read(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        try {
            disk.read(offset, destination, index, length);
        } catch (TruncatedFileException e) {
            source.requireUnchanged();
            throw e;
        }
    }
}
