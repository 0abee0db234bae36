package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs to its end, as a user would start it.
 *
 * <p>Owned by the test that runs it.
 */
public final class Tool {

    private final List<String> command;
    private final Map<String, String> environment = new HashMap<>();
    private Duration patience = Duration.ofMinutes(2);

    private Tool(List<String> command) {
        this.command = command;
    }

    public static Tool of(Object... command) {
        return new Tool(Arrays.stream(command).map(Object::toString).toList());
    }

    /** Runs a tool that has to succeed, and returns what it said. */
    public static Outcome run(Object... command) {
        return of(command).run().orFail();
    }

    public Tool with(String variable, Object value) {
        environment.put(variable, value.toString());
        return this;
    }

    public Tool within(Duration patience) {
        this.patience = patience;
        return this;
    }

    /** Runs to the end; kills it and fails if that takes too long. */
    public Outcome run() {
        try {
            Path out = Files.createTempFile("varve-tool", ".out");
            Path err = Files.createTempFile("varve-tool", ".err");
            try {
                int exitCode = exitCode(builder(command, environment)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .start());
                return new Outcome(command, exitCode, Files.readString(out), Files.readString(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int exitCode(Process process) {
        try {
            if (process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return process.exitValue();
            }
            throw new AssertionError("did not end within " + patience.toSeconds() + " s: " + command);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while this ran: " + command, e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** The system's directories come first: tools with bindings need the interpreter that these were built for. */
    static ProcessBuilder builder(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().merge("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", (old, system) -> system + ":" + old);
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        return builder;
    }

    /** How it ended, and what it said on the way. */
    public record Outcome(List<String> command, int exitCode, String out, String err) {

        public Outcome orFail() {
            if (exitCode != 0) {
                throw new AssertionError(this);
            }
            return this;
        }

        public List<String> errorLines() {
            return err.lines().toList();
        }

        public Json json() {
            return Json.parse(out);
        }

        @Override
        public String toString() {
            return String.join(" ", command) + "\nended with " + exitCode + "\n--- out ---\n" + shortened(out)
                    + "--- err ---\n" + shortened(err);
        }

        private static String shortened(String text) {
            int limit = 10_000;
            return text.length() <= limit ? text : text.substring(0, limit) + " ...\n";
        }
    }
}
