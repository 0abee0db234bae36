package io.varve.daemon.cli;

import java.util.concurrent.CountDownLatch;
import java.util.function.IntSupplier;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * SIGTERM, SIGINT, or SIGHUP where {@link HangUp} does not take it, as the ordinary end of a daemon: it is closed, and
 * the process ends with 0 instead of the number of the signal. A second SIGTERM or SIGINT ends the process at once, as
 * a crash would: overlays survive that.
 *
 * <p>Design note: a shutdown hook that halts, because a process whose hooks have begun can no longer choose its exit
 * code otherwise. The JDK drops a second signal then, so a handler for it is set when the first has come.
 *
 * <p>Thread-safe because the hook runs once.
 */
final class StopSignal {

    /** What a shell says of a process that a signal ended: this and its number. */
    private static final int SIGNAL_EXIT_CODE = 128;

    private final CountDownLatch never = new CountDownLatch(1);
    private final Thread hook;

    private StopSignal(Thread hook) {
        this.hook = hook;
    }

    /**
     * From now on a signal runs {@code close} before the process ends.
     *
     * @param close answers the exit code
     */
    static StopSignal install(IntSupplier close, Surroundings here) {
        StopSignal signal = new StopSignal(new Thread(() -> {
            endAtOnceOn("TERM");
            endAtOnceOn("INT");
            int exitCode;
            try {
                exitCode = close.getAsInt();
            } catch (RuntimeException e) {
                LoggerFactory.getLogger(StopSignal.class).error("did not end cleanly", e);
                exitCode = StoreCommand.FAILED;
            }
            here.out().flush();
            here.err().flush();
            Runtime.getRuntime().halt(exitCode);
        }, "varve-stop"));
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    private static void endAtOnceOn(String name) {
        try {
            Signal.handle(new Signal(name),
                    again -> Runtime.getRuntime().halt(SIGNAL_EXIT_CODE + again.getNumber()));
        } catch (IllegalArgumentException e) {
            // The virtual machine was told to leave signals alone (-Xrs): then this one works as it always does.
            LoggerFactory.getLogger(StopSignal.class).debug("no handler for SIG{}", name, e);
        }
    }

    /** A signal means what it always means again; if one has come already, waits for the end. */
    void uninstall() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            await();
        }
    }

    /** Waits until the process ends. */
    void await() {
        try {
            never.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
