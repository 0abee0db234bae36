package io.varve.daemon.config;

import io.varve.daemon.io.Printable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.tomlj.TomlPosition;

/**
 * What is wrong with a file, in the order of its lines.
 *
 * <p>Owned by the thread that reads the file.
 */
final class Mistakes {

    /** Of a file that is no configuration at all. */
    private static final int MAX_COUNT = 100;
    private static final int MAX_LENGTH = 300;

    private final String file;
    private final List<Mistake> found = new ArrayList<>();
    private boolean unreadable;

    private record Mistake(int line, int column, String text) {}

    Mistakes(String file) {
        this.file = file;
    }

    /** @param text what is wrong, what is allowed */
    void add(TomlPosition position, String key, String text) {
        add(position.line(), position.column(), key + ": " + text);
    }

    /** A line that is no TOML. What follows from it is not reported. */
    void addUnreadable(int line, int column, String text) {
        unreadable = true;
        add(line, column, text);
    }

    private void add(int line, int column, String text) {
        found.add(new Mistake(line, column, Printable.of(text, MAX_LENGTH)));
    }

    /** Whether a part of the file could not be read, so that a key may be missing without being forgotten. */
    boolean unreadable() {
        return unreadable;
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    /** {@code FILE:LINE:COLUMN: KEY: what is wrong, what is allowed}. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        found.stream()
                .sorted(Comparator.comparingInt(Mistake::line).thenComparingInt(Mistake::column))
                .limit(MAX_COUNT)
                .map(mistake -> file + ":" + mistake.line() + ":" + mistake.column() + ": " + mistake.text())
                .forEach(lines::add);
        if (found.size() > MAX_COUNT) {
            lines.add(file + ": " + (found.size() - MAX_COUNT) + " more mistakes: correct these first");
        }
        return lines;
    }
}
