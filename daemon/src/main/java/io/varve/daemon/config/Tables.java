package io.varve.daemon.config;

import org.tomlj.Toml;
import org.tomlj.TomlTable;

/** Tables that no file has. Immutable. */
final class Tables {

    static final TomlTable EMPTY = Toml.parse("");

    private Tables() {}
}
