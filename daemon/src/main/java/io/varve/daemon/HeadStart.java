package io.varve.daemon;

import io.varve.shim.NativeException;
import io.varve.shim.NativeSupport;
import io.varve.shim.socket.Listener;
import java.util.Arrays;

/**
 * Binds the native calls that a daemon needs, on a thread of its own, while the command line is still being read.
 *
 * <p>Design note: the two take about as long and need nothing of each other. The daemon waits for the end instead of
 * binding what is left, because the libraries below were not made for two threads that initialise them at once.
 *
 * <p>Thread-safe because it is made complete, and its thread is only waited for.
 */
final class HeadStart {

    /** For commands that are over before it would help. */
    static final HeadStart NONE = new HeadStart(null);

    /** Null if there is none. */
    private final Thread thread;

    private HeadStart(Thread thread) {
        this.thread = thread;
    }

    /** @param arguments of the process */
    static HeadStart of(String[] arguments) {
        if (!Arrays.asList(arguments).contains("serve")) {
            return NONE;
        }
        final Thread thread = new Thread(HeadStart::bind, "varve-head-start");
        thread.setDaemon(true);
        thread.start();
        return new HeadStart(thread);
    }

    private static void bind() {
        try {
            // Asked first, because it keeps the reason if nothing can be bound here.
            if (NativeSupport.available()) {
                NativeSupport.bindAll();
                Listener.prepare();
            }
        } catch (LinkageError | RuntimeException | NativeException e) {
            // Who needs it meets the same failure, and has somebody to tell.
            return;
        }
    }

    /** Returns when nothing of it is under way any more. */
    void await() {
        if (thread == null) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
