package io.varve.daemon.format.merge;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;

/**
 * That a file is merged into its parent, and how far that is; lies beside the parent.
 *
 * <p>Immutable.
 *
 * @param id         of this merge, random: what the merged disk is known by to those who serve it, whatever state the
 *                   files are in
 * @param diskSize   bytes
 * @param movedEnd   byte of the disk up to which all is durable in the parent; may lag
 */
public record MergeRecord(UUID id, State state, Child child, Parent parent, long diskSize, long movedEnd) {

    /** How far it is. The order is that of the numbers in the file. */
    public enum State {
        /** Nothing has been changed. */
        PLANNED,
        /** The parent is being changed, or was when the power went. */
        COPYING,
        /** The parent is the merged disk: what is left is a receipt. */
        DONE
    }

    /**
     * What a file was like.
     *
     * <p>Immutable.
     *
     * @param length   bytes
     * @param modified when it changed last
     */
    public record Stamp(long length, Instant modified) {

        public static final Stamp NONE = new Stamp(0, Instant.EPOCH);

        /** @throws java.nio.file.NoSuchFileException if there is none */
        public static Stamp of(FileSpace space, Path file) throws IOException {
            return new Stamp(space.size(file), space.modified(file));
        }
    }

    /**
     * The file that is merged, which nobody changes.
     *
     * <p>Immutable.
     *
     * @param path from the directory of the parent, with slashes; 1 to 4096 characters; hostile
     */
    public record Child(String path, UUID id, Stamp stamp) {}

    /**
     * The file that it is merged into.
     *
     * <p>Immutable.
     *
     * @param idAfter     what children of the merged disk name it by
     * @param lengthLimit bytes that it never exceeds, at least its length before
     * @param after       {@link Stamp#NONE} until it is done
     */
    public record Parent(ImageFormat format, UUID idBefore, UUID idAfter, Stamp before, long lengthLimit,
            Stamp after) {}

    /** The new id follows from the old ones, so that everybody who repeats a merge gives the same. */
    static UUID idOfMerged(UUID child, UUID parent) {
        String name = "varve merge " + child + " into " + parent;
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.US_ASCII));
    }

    /** Whether the child still has to be read to know the merged disk. */
    public boolean isUnderWay() {
        return state != State.DONE;
    }

    MergeRecord copying(long newMovedEnd) {
        return new MergeRecord(id, State.COPYING, child, parent, diskSize, newMovedEnd);
    }

    MergeRecord done(Stamp after) {
        return new MergeRecord(id, State.DONE, child,
                new Parent(parent.format, parent.idBefore, parent.idAfter, parent.before, parent.lengthLimit, after),
                diskSize, diskSize);
    }

    /** Whether the parent is as this says that it is: while it is copied, that can be anything. */
    public boolean describes(Stamp parentNow) {
        return switch (state) {
            case PLANNED -> parentNow.equals(parent.before);
            case COPYING -> true;
            case DONE -> parentNow.equals(parent.after);
        };
    }
}
