package io.varve.daemon.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What all commands share: which store is meant, and where to print.
 *
 * <p>Owned by the thread that runs the command.
 */
abstract class StoreCommand implements Callable<Integer> {

    static final int DONE = 0;
    static final int FAILED = 1;
    static final int WRONG_USAGE = 2;

    @Option(names = "--store", paramLabel = "DIR",
            description = "Directory of the store (default: $VARVE_STORE, else /var/lib/varve for root, "
                    + "else $XDG_DATA_HOME/varve).")
    private Path store;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    private Surroundings surroundings;

    final void enter(Surroundings here, Path storeBeforeCommand) {
        surroundings = here;
        if (store == null) {
            store = storeBeforeCommand;
        }
    }

    final Surroundings surroundings() {
        return surroundings;
    }

    final CommandSpec spec() {
        return spec;
    }

    /** @throws IOException if there is no store yet */
    final Store openStore() throws IOException {
        return Store.open(new NativeFileSpace(), storePath());
    }

    final Path storePath() {
        return surroundings.store(store);
    }

    /** Whether {@code --store} was given. */
    final boolean storeIsGiven() {
        return store != null;
    }

    final void print(String line) {
        surroundings.out().println(line);
    }

    /** @param value maps, lists, strings, numbers, booleans */
    final void printJson(Object value) throws IOException {
        surroundings.out().println(
                JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES).asString(value));
    }
}
