package io.varve.shim;

import io.varve.shim.libc.Libc;
import java.io.IOException;

/** A system call that failed: which one, and its errno. Immutable. */
public final class NativeException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    public NativeException(String call, int errno) {
        this(call, errno, call + ": " + Errno.describe(errno));
    }

    /** @param message the whole message, for failures that can say what to do about them */
    public NativeException(String call, int errno, String message) {
        super(message);
        this.call = call;
        this.errno = errno;
    }

    /** With the errno that the last native call of this thread left. */
    public static NativeException last(String call) {
        return new NativeException(call, Libc.errno());
    }

    /** Name of the system call, as in section 2 of the manual. */
    public String call() {
        return call;
    }

    /** See {@link Errno}. */
    public int errno() {
        return errno;
    }
}
