package io.varve.daemon.transfer;

/** What the person who imports says about the file. Immutable. */
public enum SourceFormat {
    /** Raw, unless the file looks like something else: then it is refused. */
    AUTO,
    /** Raw, whatever the bytes look like. */
    RAW
}
