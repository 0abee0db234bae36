package io.varve.shim.libc;

import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;
import jnr.ffi.Runtime;

/**
 * The C library, bound on first use: the parts for files, for sockets and for memory apart, because generating a
 * binding costs a command line tens of milliseconds.
 *
 * <p>Thread-safe because bindings have no state and errno is kept per thread.
 */
public final class Libc {

    private static final Runtime RUNTIME = Runtime.getSystemRuntime();

    private Libc() {}

    public static FileCalls files() {
        return Files.CALLS;
    }

    public static SocketCalls sockets() {
        return Sockets.CALLS;
    }

    public static MemoryCalls memory() {
        return Memory.CALLS;
    }

    public static ThreadCalls threads() {
        return Threads.CALLS;
    }

    /** What the last call of this thread left, saved before the virtual machine could touch it. */
    public static int errno() {
        return LastError.getLastError(RUNTIME);
    }

    private static <T> T bind(Class<T> calls) {
        return LibraryLoader.create(calls)
                .failImmediately()
                .load(Platform.getNativePlatform().getStandardCLibraryName());
    }

    private static final class Files {
        static final FileCalls CALLS = bind(FileCalls.class);
    }

    private static final class Sockets {
        static final SocketCalls CALLS = bind(SocketCalls.class);
    }

    private static final class Memory {
        static final MemoryCalls CALLS = bind(MemoryCalls.class);
    }

    private static final class Threads {
        static final ThreadCalls CALLS = bind(ThreadCalls.class);
    }
}
