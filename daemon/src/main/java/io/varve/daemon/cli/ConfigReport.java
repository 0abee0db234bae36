package io.varve.daemon.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a configuration file says that a command has to know.
 *
 * @param mistakes one line each; empty: the file can be used
 * @param store    directory of the store; empty: not said
 */
public record ConfigReport(List<String> mistakes, Optional<Path> store) {

    public ConfigReport {
        mistakes = List.copyOf(mistakes);
    }
}
