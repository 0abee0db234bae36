package io.varve.daemon.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command sees of the process around it, so that a test can run it in another.
 *
 * <p>Immutable.
 *
 * @param out         results
 * @param err         complaints and progress
 * @param environment variables
 * @param terminal    whether {@code err} is a terminal, where a progress bar may be redrawn
 * @param services    the rooms that commands do not see
 */
public record Surroundings(
        PrintStream out, PrintStream err, Map<String, String> environment, boolean terminal, Services services) {

    /** Set by the launcher, which can ask; the JDK's answer differs from version to version. */
    private static final String TERMINAL_PROPERTY = "varve.terminal";
    private static final String SYSTEM_STORE = "/var/lib/varve";

    /** This process as it is. */
    public static Surroundings ofProcess(Services services) {
        return new Surroundings(
                System.out, System.err, System.getenv(), Boolean.getBoolean(TERMINAL_PROPERTY), services);
    }

    /** Whether somebody wants stack traces. */
    boolean debugging() {
        String wish = environment.get("VARVE_DEBUG");
        return wish != null && !wish.isEmpty();
    }

    /**
     * The store that is meant: the option, else {@code VARVE_STORE}, else one place for the system's daemon and one for
     * each user.
     *
     * @param option null where the option was not given
     */
    Path store(Path option) {
        if (option != null) {
            return option.toAbsolutePath().normalize();
        }
        String fromEnvironment = environment.get("VARVE_STORE");
        if (fromEnvironment != null && !fromEnvironment.isEmpty()) {
            return Path.of(fromEnvironment).toAbsolutePath().normalize();
        }
        if ("root".equals(System.getProperty("user.name"))) {
            return Path.of(SYSTEM_STORE);
        }
        String dataHome = environment.get("XDG_DATA_HOME");
        Path data = dataHome != null && !dataHome.isEmpty()
                ? Path.of(dataHome)
                : Path.of(System.getProperty("user.home"), ".local", "share");
        return data.resolve("varve");
    }
}
