package io.varve.shim;

import io.varve.shim.libc.FileCalls;
import io.varve.shim.libc.Libc;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Whether the native calls work here. Nothing else of the module may be touched where they do not.
 *
 * <p>Design note: the calls are tried on a descriptor that cannot exist, instead of comparing version numbers,
 * because a container may forbid what its kernel has.
 *
 * <p>Thread-safe because the answer is found once, when the class is loaded.
 */
public final class NativeSupport {

    /** Where our constants and structure layouts hold: little-endian, 64 bits, asm-generic headers. */
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64", "riscv64");

    private static final int NO_DESCRIPTOR = -1;
    private static final String REASON =
            find(System.getProperty("os.name", ""), System.getProperty("os.arch", ""), Libc::files);

    private NativeSupport() {}

    public static boolean available() {
        return REASON == null;
    }

    /** Why not, in one line; null if {@link #available()}. */
    public static String reason() {
        return REASON;
    }

    /** Binds all of the C library now, so that no later call waits for it; only where it is {@link #available}. */
    public static void bindAll() {
        Libc.files();
        Libc.sockets();
        Libc.memory();
        Libc.threads();
    }

    static String find(String system, String architecture, Supplier<FileCalls> library) {
        if (!system.toLowerCase(Locale.ROOT).equals("linux")) {
            return "Varve needs Linux, this is " + system;
        }
        if (!ARCHITECTURES.contains(architecture)) {
            return "Varve has no native calls for the architecture " + architecture;
        }
        try {
            return missingCall(library.get());
        } catch (LinkageError | RuntimeException e) {
            return "the C library cannot be called: " + rootMessage(e);
        }
    }

    private static String missingCall(FileCalls calls) {
        calls.preadv2(NO_DESCRIPTOR, 0, 0, 0, FileCalls.RWF_NOWAIT);
        if (Libc.errno() != Errno.EBADF) {
            return "preadv2 does not work here: " + Errno.describe(Libc.errno()) + "; Varve needs Linux 4.14 or newer";
        }
        calls.fallocate(NO_DESCRIPTOR, 0, 0, 1);
        if (Libc.errno() != Errno.EBADF) {
            return "fallocate does not work here: " + Errno.describe(Libc.errno());
        }
        return null;
    }

    private static String rootMessage(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.toString().lines().findFirst().orElse("");
    }
}
