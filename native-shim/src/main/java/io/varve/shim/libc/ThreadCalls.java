package io.varve.shim.libc;

/**
 * System calls on the calling thread. Failures are -1 and {@link Libc#errno()}.
 *
 * <p>Public only because jnr-ffi implements it in another class loader.
 *
 * <p>Thread-safe because it has no state.
 */
public interface ThreadCalls {

    /** Of the calling thread only, unlike what POSIX says of it: nice(2), "C library/kernel differences". */
    int nice(int increment);
}
