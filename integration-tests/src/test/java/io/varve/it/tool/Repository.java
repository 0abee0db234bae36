package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Where the sources and the built product are. Immutable. */
public final class Repository {

    /** Directories that nobody wrote. */
    private static final Set<String> GENERATED = Set.of(".git", "target", ".idea", ".cifuzz-corpus");

    public static final Path ROOT = root();

    private Repository() {}

    private static Path root() {
        String given = System.getProperty("varve.repository");
        Path start = (given == null ? Path.of("") : Path.of(given)).toAbsolutePath().normalize();
        for (Path directory = start; directory != null; directory = directory.getParent()) {
            if (Files.exists(directory.resolve("native-shim/pom.xml"))) {
                return directory;
            }
        }
        throw new IllegalStateException("no repository around " + start);
    }

    /** Files that survive test runs and are made again when missing. */
    public static Path cache() {
        return ROOT.resolve("integration-tests/target/cache");
    }

    /** Every file that somebody wrote, sorted. */
    public static List<Path> files() {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    boolean generated = GENERATED.contains(directory.getFileName().toString());
                    return generated ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    files.add(file);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Collections.sort(files);
        return files;
    }
}
