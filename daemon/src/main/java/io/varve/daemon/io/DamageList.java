package io.varve.daemon.io;

import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what a check finds; neighbours of one kind become one range.
 *
 * <p>Owned by the thread that checks.
 */
public final class DamageList {

    private final List<Damage> damages = new ArrayList<>();

    public void add(Path file, long position, long length, String what) {
        int last = damages.size() - 1;
        if (last >= 0) {
            Damage before = damages.get(last);
            if (before.file().equals(file.toString()) && before.what().equals(what)
                    && before.position() + before.length() == position) {
                damages.set(last, new Damage(before.file(), before.position(), before.length() + length, what));
                return;
            }
        }
        damages.add(new Damage(file.toString(), position, length, what));
    }

    /**
     * Adds what a reader stumbled over: the place that it names, or else the whole file.
     *
     * @param file that was being read; a reader that says which one it means is believed
     */
    public void addFailure(Path file, IOException failure) {
        if (failure instanceof CorruptDataException corrupt) {
            damages.add(new Damage(corrupt.fileName(), corrupt.position(), 1, corrupt.what()));
        } else if (failure instanceof NoSuchFileException missing) {
            damages.add(new Damage(missing.getFile(), 0, 0, Damage.MISSING));
        } else {
            damages.add(new Damage(file.toString(), 0, 0, oneLine(failure)));
        }
    }

    /** Nothing can be said about parts of the file: it cannot be opened, or not be believed. */
    public void addWhole(FileSpace space, Path file, IOException failure) {
        if (failure instanceof NoSuchFileException) {
            add(file, 0, 0, Damage.MISSING);
            return;
        }
        long length = 0;
        try (BlockFile open = space.open(file, OpenMode.READ)) {
            length = open.size();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        add(file, 0, length, failure instanceof CorruptDataException corrupt
                && corrupt.fileName().equals(file.toString())
                        ? "at byte " + corrupt.position() + ": " + corrupt.what() : oneLine(failure));
    }

    private static String oneLine(IOException failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }

    public List<Damage> toList() {
        return List.copyOf(damages);
    }
}
