package io.varve.daemon.cli;

import io.varve.nbd.negotiate.TlsMode;
import java.io.IOException;
import java.util.List;

/**
 * A daemon in this process.
 *
 * <p>Thread-safe because implementations are; {@link #close} is called once.
 */
public interface RunningDaemon extends AutoCloseable {

    /** Where it listens, as {@code unix:///path} and {@code tcp://host:port} with real ports. */
    List<String> addresses();

    /** @param address one of {@link #addresses} */
    TlsMode tlsOf(String address);

    /** Images that it serves at this moment. */
    List<String> exports() throws IOException;

    /**
     * Reads the configuration file again; the log tells what came of it.
     *
     * @return what cannot change while the daemon runs, one line each
     * @throws IOException if the file cannot be used; nothing has changed then
     */
    List<String> reload() throws IOException;

    /** Stops accepting, finishes what was asked, makes overlays durable, and lets go of the store. */
    @Override
    void close();
}
