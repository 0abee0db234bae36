package io.varve.daemon.io.sim;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Names of a simulated disk: those that calls see, and those that are durable. A directory is a name without a file.
 *
 * <p>Owned by its file space, whose lock guards it.
 */
final class SimNames {

    private enum Kind {
        LINK,
        UNLINK,
        RENAME,
        EXCHANGE
    }

    /** A change that is not durable before all directories in {@code unsynced} were synced. */
    private record Change(Kind kind, Path path, Path target, SimFile file, Set<Path> unsynced) {

        void apply(Map<Path, SimFile> names) {
            switch (kind) {
                case LINK -> names.put(path, file);
                case UNLINK -> names.remove(path);
                case RENAME -> move(names);
                case EXCHANGE -> exchange(names);
            }
        }

        private void move(Map<Path, SimFile> names) {
            Map<Path, SimFile> moved = new TreeMap<>();
            for (Path name : List.copyOf(names.keySet())) {
                if (name.startsWith(path)) {
                    moved.put(target.resolve(path.relativize(name)), names.remove(name));
                } else if (name.startsWith(target)) {
                    names.remove(name);
                }
            }
            if (moved.isEmpty()) {
                // The name that is moved was itself lost; the file appears under its new name all the same.
                moved.put(target, file);
            }
            names.putAll(moved);
        }

        private void exchange(Map<Path, SimFile> names) {
            Map<Path, SimFile> moved = new TreeMap<>();
            for (Path name : List.copyOf(names.keySet())) {
                if (name.startsWith(path)) {
                    moved.put(target.resolve(path.relativize(name)), names.remove(name));
                } else if (name.startsWith(target)) {
                    moved.put(path.resolve(target.relativize(name)), names.remove(name));
                }
            }
            names.putAll(moved);
        }

        Change copy(UnaryOperator<SimFile> files) {
            return new Change(kind, path, target, file == null ? null : files.apply(file), new HashSet<>(unsynced));
        }
    }

    private final List<Change> changes = new ArrayList<>();
    private final TreeMap<Path, SimFile> durable = new TreeMap<>();
    private final TreeMap<Path, SimFile> current = new TreeMap<>();

    boolean exists(Path path) {
        return path.getParent() == null || current.containsKey(path);
    }

    /** Null if there is none, or it is a directory. */
    SimFile file(Path path) {
        return current.get(path);
    }

    List<SimFile> files() {
        return current.values().stream().filter(file -> file != null).toList();
    }

    List<Path> children(Path directory) {
        return current.keySet().stream().filter(path -> directory.equals(path.getParent())).toList();
    }

    /** @param file null makes a directory */
    void link(Path path, SimFile file) {
        change(new Change(Kind.LINK, path, null, file, new HashSet<>(Set.of(path.getParent()))));
    }

    void unlink(Path path) {
        change(new Change(Kind.UNLINK, path, null, null, new HashSet<>(Set.of(path.getParent()))));
    }

    void rename(Path from, Path to) {
        Set<Path> parents = new HashSet<>(List.of(from.getParent(), to.getParent()));
        change(new Change(Kind.RENAME, from, to, current.get(from), parents));
    }

    void exchange(Path one, Path other) {
        Set<Path> parents = new HashSet<>(List.of(one.getParent(), other.getParent()));
        change(new Change(Kind.EXCHANGE, one, other, null, parents));
    }

    private void change(Change change) {
        change.apply(current);
        changes.add(change);
    }

    void sync(Path directory) {
        for (Iterator<Change> iterator = changes.iterator(); iterator.hasNext(); ) {
            Change change = iterator.next();
            change.unsynced().remove(directory);
            if (change.unsynced().isEmpty()) {
                change.apply(durable);
                iterator.remove();
            }
        }
    }

    /** Any part of the changes that are not durable, in their order; what lies in a lost directory is lost. */
    SimNames crash(Chooser chooser, UnaryOperator<SimFile> files) {
        TreeMap<Path, SimFile> kept = new TreeMap<>(durable);
        for (Change change : changes) {
            if (chooser.choose(2) == 1) {
                change.apply(kept);
            }
        }
        SimNames image = new SimNames();
        kept.forEach((path, file) -> {
            if (path.getParent().getParent() == null || image.durable.containsKey(path.getParent())) {
                image.durable.put(path, file == null ? null : files.apply(file));
            }
        });
        image.current.putAll(image.durable);
        return image;
    }

    SimNames fork(UnaryOperator<SimFile> files) {
        SimNames copy = new SimNames();
        durable.forEach((path, file) -> copy.durable.put(path, file == null ? null : files.apply(file)));
        current.forEach((path, file) -> copy.current.put(path, file == null ? null : files.apply(file)));
        changes.forEach(change -> copy.changes.add(change.copy(files)));
        return copy;
    }
}
