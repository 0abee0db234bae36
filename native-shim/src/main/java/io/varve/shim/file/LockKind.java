package io.varve.shim.file;

/** How an open file description may lock a file. Immutable. */
public enum LockKind {
    /** Beside other shared locks. The descriptor must be open for reading. */
    SHARED,
    /** Beside no other lock. The descriptor must be open for writing. */
    EXCLUSIVE
}
