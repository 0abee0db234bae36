package io.varve.perf.macro;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts processes with their output in log files, remembers them, and ends by their own id those that still run.
 *
 * <p>Thread-safe because the collection of processes is, and none starts after closing; log names are given out by the
 * main thread alone.
 */
public final class Commands implements AutoCloseable {
    private static final int LAST_LINES = 12;
    private static final long GRACE_SECONDS = 15;

    private final PrintStream out;
    private final boolean verbose;
    private final Path logDirectory;
    private final Collection<ProcessHandle> running = ConcurrentHashMap.newKeySet();
    private int logCount;
    private volatile boolean closed;

    public Commands(PrintStream out, boolean verbose, Path logDirectory) {
        this.out = out;
        this.verbose = verbose;
        this.logDirectory = logDirectory;
    }

    /** A process that goes on running, with where its output goes. */
    public record Started(Process process, Path log, List<String> command) {
        public PerfException failure(String what) throws IOException {
            return new PerfException(what + ": " + String.join(" ", command) + "\n" + lastLines(log));
        }
    }

    public Started start(List<String> command, Map<String, String> environment) throws IOException {
        if (verbose) {
            StringBuilder line = new StringBuilder("+ ");
            environment.forEach((name, value) -> line.append(name).append('=').append(quoted(value)).append(' '));
            command.forEach(word -> line.append(quoted(word)).append(' '));
            out.println(line.toString().stripTrailing());
        }
        String name = Path.of(command.get(0)).getFileName().toString();
        Path log = logDirectory.resolve(String.format("%04d-%s.log", ++logCount, name));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = process(builder);
        running.add(process.toHandle());
        if (closed) {
            // The user has interrupted, and whoever ends the others may have been through already.
            process.destroyForcibly();
            throw new PerfException("interrupted");
        }
        return new Started(process, log, command);
    }

    private static Process process(ProcessBuilder builder) throws PerfException {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new PerfException(e.getMessage());
        }
    }

    /** Runs a command to its end and returns what it printed. @throws PerfException if it fails or takes too long. */
    public String run(List<String> command, long limitSeconds) throws IOException, InterruptedException {
        Started started = start(command, Map.of());
        awaitSuccess(started, limitSeconds);
        return Files.readString(started.log());
    }

    void awaitSuccess(Started started, long limitSeconds) throws IOException, InterruptedException {
        boolean ended = started.process().waitFor(limitSeconds, TimeUnit.SECONDS);
        if (!ended) {
            stop(started.process().toHandle());
            throw started.failure("no end after " + limitSeconds + " s");
        }
        running.remove(started.process().toHandle());
        if (started.process().exitValue() != 0) {
            throw started.failure("exit " + started.process().exitValue());
        }
    }

    /** Remembers a process that one of ours may have left to work for it, so that it ends with the others. */
    void adopt(ProcessHandle process) {
        running.add(process);
    }

    /** Asks a process to end, and kills it if it does not within some seconds. */
    public void stop(Process process) throws InterruptedException {
        stop(process.toHandle());
    }

    void stop(ProcessHandle process) throws InterruptedException {
        process.destroy();
        try {
            process.onExit().get(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            process.destroyForcibly();
            process.onExit().join();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        running.remove(process);
    }

    /** Ends whatever is still running; also called when the user interrupts. */
    @Override
    public void close() {
        closed = true;
        try {
            for (ProcessHandle process : new ArrayList<>(running)) {
                stop(process);
            }
        } catch (InterruptedException e) {
            running.forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
    }

    private static String lastLines(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word + "'";
    }
}
