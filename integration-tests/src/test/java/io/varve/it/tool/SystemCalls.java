package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The system calls of another process while this is open, with the paths of the files they are about.
 *
 * <p>Owned by the test that listens.
 */
public final class SystemCalls implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process tracer;
    private final Path calls;
    private final Path words;

    private SystemCalls(Process tracer, Path calls, Path words) {
        this.tracer = tracer;
        this.calls = calls;
        this.words = words;
    }

    /**
     * Returns when no call escapes any more.
     *
     * @param directory for what is written down
     * @param names     of calls, with commas between
     */
    public static SystemCalls of(long pid, Path directory, String names) {
        Path calls = directory.resolve("calls");
        Path words = directory.resolve("words");
        List<String> command = List.of(
                "strace", "-f", "-y", "-p", Long.toString(pid), "-e", "trace=" + names, "-o", calls.toString());
        try {
            Process tracer = Tool.builder(command, Map.of()).redirectErrorStream(true)
                    .redirectOutput(words.toFile()).start();
            SystemCalls traced = new SystemCalls(tracer, calls, words);
            Await.until("the tracer", PATIENCE, () -> read(words).contains(" attached"), () -> read(words));
            return traced;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the listening. @return calls of any of the names so far, one per line, in the order of their begin */
    public List<String> lines() {
        close();
        return read(calls).lines().filter(line -> !line.contains(" resumed>")).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        tracer.destroy();
        Await.until("the end of the tracer", PATIENCE, () -> !tracer.isAlive(), () -> read(words));
    }
}
