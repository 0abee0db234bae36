package io.varve.daemon.format.merge;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageProbe;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.merge.MergeRecord.Child;
import io.varve.daemon.format.merge.MergeRecord.Parent;
import io.varve.daemon.format.merge.MergeRecord.Stamp;
import io.varve.daemon.format.merge.MergeRecord.State;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Merges a differencing image into its parent, in the parent's file. The child is only read.
 *
 * <p>Owned by the thread that merges; another process that tries the same is kept away by a lock of the parent.
 */
public final class FileMerge {

    private static final long FLUSH_LENGTH = 64L << 20;

    private final FileSpace space;
    private final Path child;
    private final Path parent;
    private final long flushLength;
    private final ImageReader reader = ImageReader::ofAll;
    private final MergeRecords records;
    private final MergedView view;

    /** Hears how far the copy is. */
    @FunctionalInterface
    public interface Progress {
        void onProgress(long moved, long total);
    }

    /**
     * @param child  absolute, with symbolic links resolved
     * @param parent as {@code child}
     */
    public FileMerge(FileSpace space, Path child, Path parent) {
        this(space, child, parent, FLUSH_LENGTH);
    }

    /** @param flushLength bytes after which what was copied is made durable: what a repeated run need not copy */
    public FileMerge(FileSpace space, Path child, Path parent, long flushLength) {
        this.space = space;
        this.child = child;
        this.parent = parent;
        this.flushLength = flushLength;
        this.records = new MergeRecords(space);
        this.view = new MergedView(space, reader);
    }

    /**
     * Notes the merge beside the parent, durably; from then on the two files are known as the merged disk. Does nothing
     * if that is noted already, or done.
     *
     * @param ids fresh identifiers, random
     * @throws MergeException if the files do not belong together, or somebody uses them
     */
    public MergeRecord note(Supplier<UUID> ids) throws IOException {
        try (FileLocks.Lock parentLock = lock(parent, LockKind.EXCLUSIVE);
                FileLocks.Lock childLock = lock(child, LockKind.SHARED)) {
            Optional<MergeRecord> known = known();
            MergeRecord merge = known.isPresent() ? known.get() : plan(ids);
            records.replace(parent, merge);
            return merge;
        }
    }

    /**
     * Moves what the child has into the parent, from where an earlier run came to. A merge that cannot be done is
     * found out before anything is written, the record included.
     *
     * @param ids fresh identifiers, random, if the merge is not noted yet
     * @return false if all had been moved before
     * @throws MergeException if the files do not belong together, are not what was noted, or somebody uses them
     */
    public boolean copy(Supplier<UUID> ids, Progress progress) throws IOException {
        try (FileLocks.Lock parentLock = lock(parent, LockKind.EXCLUSIVE);
                FileLocks.Lock childLock = lock(child, LockKind.SHARED)) {
            Optional<MergeRecord> known = known();
            MergeRecord merge = known.isPresent() ? known.get() : plan(ids);
            MergeRecord done = merge.isUnderWay() ? copied(merge, progress) : merge;
            // Also one that is there: the run that wrote it may have failed to make it durable.
            records.replace(parent, done);
            return merge.isUnderWay();
        }
    }

    private FileLocks.Lock lock(Path file, LockKind kind) throws IOException {
        if (child.equals(parent)) {
            throw new MergeException(child + " cannot be merged into itself: name its parent with --into");
        }
        FileLocks.Lock lock = space.tryLock(file, kind);
        if (lock == null) {
            throw new MergeException(file + " is in use: stop what uses it and try again");
        }
        return lock;
    }

    /** What is noted of this merge; empty if nothing, or if it is long done and the parent has become another disk. */
    private Optional<MergeRecord> known() throws IOException {
        Optional<MergeRecord> found = records.find(parent);
        if (found.isEmpty()) {
            return found;
        }
        MergeRecord merge = found.get();
        boolean isSameChild = parent.getParent().resolve(merge.child().path()).normalize().equals(child);
        if (!merge.isUnderWay()) {
            return isSameChild && merge.describes(Stamp.of(space, parent))
                    && merge.child().stamp().equals(Stamp.of(space, child)) ? found : Optional.empty();
        }
        if (!isSameChild) {
            throw new MergeException(parent + " is being merged with " + merge.child().path()
                    + ": finish that first, with 'varve merge-file " + merge.child().path() + " --into " + parent
                    + " --copy'" + (merge.state() == State.PLANNED
                            ? ", or give it up by deleting " + MergeRecords.of(parent) : ""));
        }
        return found;
    }

    private MergeRecord plan(Supplier<UUID> ids) throws IOException {
        ImageFormat format = format();
        Stamp childStamp = Stamp.of(space, child);
        Stamp before = Stamp.of(space, parent);
        try (ForeignImage top = reader.open(space, child, format);
                ForeignImage below = reader.open(space, parent, format)) {
            requireRelated(top, below);
            top.requireSoundTables();
            // What is written into a block that another one shares would be written into both.
            below.requireSoundTables();
            String path = parent.getParent().relativize(child).toString();
            if (path.length() > RecordCodec.MAX_PATH_LENGTH) {
                throw new MergeException("the path from " + parent + " to its child has more than "
                        + RecordCodec.MAX_PATH_LENGTH + " characters: move them closer together");
            }
            UUID childId = UUID.fromString(top.id().orElseThrow());
            UUID idBefore = UUID.fromString(below.id().orElseThrow());
            try (MergeTarget target = target(format, before.length())) {
                return new MergeRecord(ids.get(), State.PLANNED, new Child(path, childId, childStamp),
                        new Parent(format, idBefore, MergeRecord.idOfMerged(childId, idBefore), before,
                                target.lengthLimit(), Stamp.NONE),
                        top.size(), 0);
            }
        }
    }

    private ImageFormat format() throws IOException {
        ImageFormat format = probe(child);
        switch (format) {
            case QCOW2 -> throw new UnsupportedImageException(child.toString(), "is a qcow2 image, which is not merged "
                    + "here", "use 'qemu-img commit -f qcow2 " + child + "'");
            case RAW -> throw new UnsupportedImageException(child.toString(), "is no differencing image that is known "
                    + "here", "name a differencing VHD or VHDX");
            default -> { }
        }
        if (probe(parent) != format) {
            throw new MergeException(parent + " is no " + format.description() + " file as " + child
                    + " is: name the parent that it was made on with --into");
        }
        return format;
    }

    private ImageFormat probe(Path path) throws IOException {
        try (BlockFile file = space.open(path, OpenMode.READ)) {
            return ImageProbe.probe(file).orElse(ImageFormat.RAW);
        }
    }

    private void requireRelated(ForeignImage top, ForeignImage below) throws IOException {
        if (top.parent().isEmpty()) {
            throw new MergeException(child + " has no parent: it is a whole disk, and there is nothing to merge");
        }
        String wanted = top.parent().get().id().orElse("none");
        String found = below.id().orElse("none");
        if (!wanted.equalsIgnoreCase(found)) {
            throw new MergeException(parent + " is not the parent that " + child + " was made on: its id is " + found
                    + ", not " + wanted + ": name the right one with --into");
        }
        if (top.size() != below.size()) {
            throw new MergeException(child + " is a disk of " + top.size() + " bytes, and " + parent + " one of "
                    + below.size() + ": import " + child + " with 'varve import' and write it with 'varve export'");
        }
        if (top.size() > RecordCodec.MAX_FILE_LENGTH) {
            throw new MergeException(child + " says that it is a disk of " + top.size() + " bytes: at most "
                    + RecordCodec.MAX_FILE_LENGTH + " can be merged");
        }
        MergeTargets.requireAlike(top, below);
    }

    private MergeTarget target(ImageFormat format, long lengthBefore) throws IOException {
        BlockFile file = space.open(parent, OpenMode.READ_WRITE);
        MergeTarget target = null;
        try {
            target = MergeTargets.open(file, format, lengthBefore);
            return target;
        } finally {
            if (target == null) {
                file.close();
            }
        }
    }

    private MergeRecord copied(MergeRecord noted, Progress progress) throws IOException {
        view.requireParent(noted, parent);
        try (ForeignImage top = view.openChild(noted, parent, child)) {
            requireParent(noted);
            try (MergeTarget target = target(noted.parent().format(), noted.parent().before().length())) {
                MergeCopy copy = new MergeCopy(top, target, flushLength);
                long from = noted.movedEnd() / target.unitLength() * target.unitLength();
                copy.plan(from);
                records.replace(parent, noted.copying(from));
                target.begin(noted.parent().idAfter());
                copy.run(from, (movedEnd, moved, total) -> {
                    records.replace(parent, noted.copying(movedEnd));
                    progress.onProgress(moved, total);
                });
            }
        }
        return noted.done(Stamp.of(space, parent));
    }

    private void requireParent(MergeRecord noted) throws IOException {
        try (ForeignImage below = reader.open(space, parent, noted.parent().format())) {
            MergedView.requireKnown(noted, below, parent);
        }
    }
}
