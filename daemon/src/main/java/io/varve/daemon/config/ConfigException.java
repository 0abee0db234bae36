package io.varve.daemon.config;

import java.io.IOException;
import java.util.List;

/** A configuration file that cannot be used. */
public final class ConfigException extends IOException {

    private static final long serialVersionUID = 1L;

    private final List<String> mistakes;

    /** @param mistakes at least one line */
    ConfigException(List<String> mistakes) {
        super(mistakes.get(0) + (mistakes.size() == 1 ? "" : " (and " + (mistakes.size() - 1) + " more)"));
        this.mistakes = List.copyOf(mistakes);
    }

    /** All of them, one line each. */
    public List<String> mistakes() {
        return mistakes;
    }
}
