package io.varve.shim;

/**
 * The errno values that Varve decides on, and names and texts for all of them.
 *
 * <p>Values from asm-generic/errno-base.h and asm-generic/errno.h, which every architecture that
 * {@link NativeSupport} admits shares.
 *
 * <p>Immutable.
 */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int EPROTO = 71;
    public static final int ENOPROTOOPT = 92;
    public static final int EPROTOTYPE = 91;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EINPROGRESS = 115;
    public static final int EDQUOT = 122;

    private Errno() {}

    /** As in the header ({@code "ENOSPC"}); {@code "errno N"} for a value that has no name. */
    public static String name(int errno) {
        if (errno == EOPNOTSUPP) {
            // The table finds ENOTSUP first, the C library's second name for the kernel's value.
            return "EOPNOTSUPP";
        }
        jnr.constants.platform.Errno known = known(errno);
        return known == null ? "errno " + errno : known.name();
    }

    /** As strerror(3) in the C locale; never empty. */
    public static String message(int errno) {
        jnr.constants.platform.Errno known = known(errno);
        return known == null ? "Unknown error" : known.description();
    }

    /** Text and name in one: {@code "No space left on device (ENOSPC)"}. */
    public static String describe(int errno) {
        return message(errno) + " (" + name(errno) + ")";
    }

    private static jnr.constants.platform.Errno known(int errno) {
        jnr.constants.platform.Errno known = jnr.constants.platform.Errno.valueOf(errno);
        return known == jnr.constants.platform.Errno.__UNKNOWN_CONSTANT__ ? null : known;
    }
}
