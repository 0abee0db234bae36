package io.varve.daemon.boot;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/**
 * Where what the boots of one image have taught is kept.
 *
 * <p>Thread-safe because implementations say so: boots of one image start and end on several workers.
 */
public interface SequenceSlot {

    /**
     * What earlier boots taught.
     *
     * @throws IOException if there is something that cannot be read; a boot then goes on as if there were nothing
     */
    Optional<Profile> load() throws IOException;

    /**
     * For an image of which nothing was learned: keeps what boots of another image, that has pages in common with it,
     * have taught about those.
     *
     * @return what is now known; empty if there is no such image
     */
    default Optional<Profile> inherit() throws IOException {
        return Optional.empty();
    }

    /**
     * Lets one change follow the other, whoever makes it.
     *
     * @param change gets what is known, and returns what is to be kept durably in its place, or empty if that stays;
     *               what cannot be read is nothing known
     */
    void update(Change change) throws IOException;

    /** The image whose boots share the slot; also the key under which one recorder at a time is admitted. */
    String imageName();

    /**
     * Keeps open what disks of the image read from, so that what a wave has of it is of use to the next client, too, if
     * there is none for a moment.
     *
     * @return closed once; that may wait
     */
    default Closeable hold() throws IOException {
        return () -> { };
    }

    /** The pages of the image that boots read, in one file; empty if there is none that can be used. */
    default Optional<Pack> openPack() throws IOException {
        return Optional.empty();
    }

    /**
     * Begins to write that file.
     *
     * @return null if the one that is there holds what is to be read ahead, or there is too little to be worth it
     */
    default PackJob pack(Profile profile) throws IOException {
        return null;
    }

    /** A pack that is being written. Owned by the thread that runs a step. */
    interface PackJob extends Closeable {

        /** @return whether there is more to do; if not, the pack is in place */
        boolean step() throws IOException;
    }

    /** What a boot makes of what is known. Called once at most, by the thread that updates. */
    @FunctionalInterface
    interface Change {
        Optional<Profile> after(Optional<Profile> known);
    }
}
