package io.varve.daemon.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * SIGINT, SIGTERM and SIGHUP as the wish that a job stops and clears up after itself. The second one ends the process
 * at once. Those that were ignored before stay so.
 *
 * <p>Thread-safe because the JVM runs each signal on a thread of its own, which only interrupts the job.
 */
final class Interruption implements AutoCloseable {

    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");
    /** What a shell says of a process that a signal ended: this and its number. */
    private static final int SIGNAL_EXIT_CODE = 128;

    private final Thread job;
    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();
    private volatile boolean wished;

    /** From now on, until {@link #close}, signals interrupt the thread that called this. */
    Interruption() {
        job = Thread.currentThread();
        for (String name : NAMES) {
            install(name);
        }
    }

    private void install(String name) {
        try {
            Signal signal = new Signal(name);
            SignalHandler old = Signal.handle(signal, this::stop);
            if (old == SignalHandler.SIG_IGN) {
                Signal.handle(signal, old);
            } else {
                before.put(signal, old);
            }
        } catch (IllegalArgumentException e) {
            // The virtual machine was told to leave signals alone (-Xrs): then this one works as it always does.
            LoggerFactory.getLogger(Interruption.class).debug("no handler for SIG{}", name, e);
        }
    }

    private void stop(Signal signal) {
        if (wished) {
            Runtime.getRuntime().halt(SIGNAL_EXIT_CODE + signal.getNumber());
        }
        wished = true;
        job.interrupt();
    }

    /** Signals mean what they meant before. */
    @Override
    public void close() {
        before.forEach(Signal::handle);
        if (wished) {
            // It may have come when the job was over already.
            Thread.interrupted();
        }
    }
}
