package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts the system calls and the context switches of a process with {@code perf stat}; those of threads and children
 * that end meanwhile, too, which {@code /proc} forgets. {@code strace -c} would need no tracepoints of the kernel, but
 * stops the server twice at each call: then requests pile up between the calls, and fewer calls are made than without.
 *
 * <p>Owned by the main thread.
 */
final class KernelCounter {
    private static final String SYSTEM_CALLS = "raw_syscalls:sys_enter";
    private static final String SWITCHES = "context-switches";
    private static final long TRIAL_LIMIT_SECONDS = 20;

    /** Both as the kernel counts them; wanted switches and others. */
    record Counts(double systemCalls, double switches) {
    }

    private final Commands commands;
    private final Path report;

    KernelCounter(Workbench bench) {
        this.commands = bench.commands();
        this.report = bench.path("kernel.csv");
    }

    /** @throws PerfException if nothing can be counted here: no perf(1), no permission, no tracepoints */
    void tryOut() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(around(ProcessHandle.current().pid()));
        command.add("true");
        commands.run(command, TRIAL_LIMIT_SECONDS);
    }

    /** The begin of a command whose rest is run while a process, and what it forks, is counted. */
    List<String> around(long pid) {
        return List.of("perf", "stat", "-x,", "-e", SYSTEM_CALLS + "," + SWITCHES, "-o", report.toString(),
                "-p", Long.toString(pid), "--");
    }

    /** Of the last command that has ended. */
    Counts read() throws IOException {
        return parse(Files.readAllLines(report));
    }

    /** @param lines as in perf-stat(1), "CSV FORMAT": the value is the first field, the event the third */
    static Counts parse(List<String> lines) throws PerfException {
        return new Counts(number(lines, SYSTEM_CALLS), number(lines, SWITCHES));
    }

    private static double number(List<String> lines, String event) throws PerfException {
        for (String line : lines) {
            String[] fields = line.split(",");
            if (fields.length > 2 && fields[2].startsWith(event) && fields[0].matches("\\d+")) {
                return Double.parseDouble(fields[0]);
            }
        }
        throw new PerfException("perf stat counted no " + event + ": " + String.join(" ", lines));
    }
}
