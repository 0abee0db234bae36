package io.varve.perf.macro;

import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** How the commands of this module run and end. Immutable. */
public final class PerfCommand {

    private PerfCommand() {
    }

    /**
     * Runs the command and ends the process with what it returns; with 1 and one line if it throws {@link
     * PerfException}.
     *
     * @param arguments the root of the source tree, which the command knows already, then the options
     */
    public static void run(Callable<Integer> program, String[] arguments) {
        CommandLine line = new CommandLine(program);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failure, command, result) -> {
            if (failure instanceof PerfException) {
                command.getErr().println(command.getCommandName() + ": " + failure.getMessage());
                return 1;
            }
            throw failure;
        });
        System.exit(line.execute(Arrays.copyOfRange(arguments, 1, arguments.length)));
    }
}
