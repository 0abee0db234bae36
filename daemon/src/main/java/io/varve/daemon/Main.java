package io.varve.daemon;

import io.varve.daemon.cli.Surroundings;
import io.varve.daemon.cli.VarveCommandLine;
import java.io.PrintStream;

/** Where the process starts. Immutable. */
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        Wiring wiring = new Wiring(HeadStart.of(args));
        System.exit(VarveCommandLine.run(args, Surroundings.ofProcess(wiring)));
    }

    /**
     * Runs one command in this process, with the environment of this process.
     *
     * @return the exit code: 0 done, 1 failed, 2 wrong usage
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        Wiring wiring = new Wiring(HeadStart.NONE);
        return VarveCommandLine.run(args, new Surroundings(out, err, System.getenv(), false, wiring));
    }
}
