package io.varve.daemon.cli;

import java.util.List;

/**
 * A daemon in this process.
 *
 * <p>Thread-safe because implementations are; {@link #close} is called once.
 */
public interface RunningDaemon extends AutoCloseable {

    /** Where it listens, as {@code unix:///path} and {@code tcp://host:port} with real ports. */
    List<String> addresses();

    /** Exports that it shows at this moment. */
    List<String> exports();

    /** Stops accepting, finishes what was asked, makes overlays durable, and lets go of the store. */
    @Override
    void close();
}
