package io.varve.daemon.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the files that a {@link ParentLink} may mean, below directories that a person allows. Where symbolic links lead
 * counts, not where they lie.
 *
 * <p>Immutable.
 */
final class ParentSearch {

    private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*", Pattern.DOTALL);
    private static final String URI_SCHEME = "file:";
    /** The last components of a path that are looked for below the directories. */
    private static final int MAX_COMPONENT_COUNT = 8;

    private final List<Path> directories;

    /** @param directories with symbolic links resolved */
    ParentSearch(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /**
     * What was found.
     *
     * <p>Immutable.
     *
     * @param files   that are there and allowed, best first, with symbolic links resolved
     * @param outside whether one is there that is not allowed
     */
    record Found(List<Path> files, boolean outside) {}

    /** @param childDirectory where the file lies that has the link */
    Found find(ParentLink link, Path childDirectory) {
        Set<Path> files = new LinkedHashSet<>();
        boolean outside = false;
        for (String path : link.paths()) {
            for (Path candidate : candidates(path, childDirectory)) {
                Path file = regularFileOrNull(candidate);
                if (file == null) {
                    continue;
                }
                if (isAllowed(file)) {
                    files.add(file);
                } else {
                    outside = true;
                }
            }
        }
        return new Found(List.copyOf(files), outside);
    }

    private boolean isAllowed(Path file) {
        return directories.stream().anyMatch(file::startsWith);
    }

    /** As it is written, unless it is of another kind of system; then its last components below each directory. */
    private List<Path> candidates(String written, Path childDirectory) {
        String path = withoutScheme(written);
        List<Path> candidates = new ArrayList<>();
        try {
            if (!DRIVE.matcher(path).matches() && !path.startsWith("//")) {
                candidates.add(childDirectory.resolve(path));
            }
            List<String> components = lastComponents(path);
            for (Path directory : directories) {
                for (int from = 0; from < components.size(); from++) {
                    candidates.add(directory.resolve(
                            String.join("/", components.subList(from, components.size()))));
                }
            }
        } catch (InvalidPathException e) {
            return List.of();
        }
        return candidates;
    }

    private static String withoutScheme(String path) {
        if (!path.startsWith(URI_SCHEME)) {
            return path;
        }
        String rest = path.substring(URI_SCHEME.length());
        return rest.startsWith("//") ? rest.substring(2) : rest;
    }

    private static List<String> lastComponents(String path) {
        List<String> components = new ArrayList<>();
        for (String component : path.split("/")) {
            if (component.equals("..")) {
                components.clear();
            } else if (!component.isEmpty() && !component.equals(".")) {
                components.add(component);
            }
        }
        int count = components.size();
        return components.subList(Math.max(0, count - MAX_COMPONENT_COUNT), count);
    }

    private static Path regularFileOrNull(Path candidate) {
        try {
            Path real = candidate.toRealPath();
            return Files.isRegularFile(real) ? real : null;
        } catch (IOException e) {
            return null;
        }
    }
}
