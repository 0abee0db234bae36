package io.varve.daemon.layer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what a scrub finds; neighbours of one kind become one range.
 *
 * <p>Owned by the thread that scrubs.
 */
final class DamageList {

    private final List<Damage> damages = new ArrayList<>();

    void add(Path file, long position, long length, String what) {
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

    /** Nothing can be said about parts of the file: it cannot be opened, or not be believed. */
    void addWhole(FileSpace space, Path file, IOException failure) {
        if (failure instanceof NoSuchFileException) {
            add(file, 0, 0, "it is missing");
            return;
        }
        long length = 0;
        try (BlockFile open = space.open(file, OpenMode.READ)) {
            length = open.size();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        add(file, 0, length, String.valueOf(failure.getMessage()));
    }

    List<Damage> toList() {
        return List.copyOf(damages);
    }
}
