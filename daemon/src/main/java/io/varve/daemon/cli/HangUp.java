package io.varve.daemon.cli;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * SIGHUP as the wish to read the configuration file again.
 *
 * <p>Design note: {@code sun.misc.Signal}, because the JDK supports nothing else for a signal that the process is to
 * survive; its module is open to all since JDK 9 for lack of a successor.
 *
 * <p>Thread-safe because the JVM runs each signal on a thread of its own, and the daemon reads one file at a time.
 */
final class HangUp {

    private static final Logger LOG = LoggerFactory.getLogger(HangUp.class);

    private HangUp() {}

    /** What is to be done; it writes into the log what comes of it. */
    @FunctionalInterface
    interface Reload {
        Object run() throws IOException;
    }

    static void install(Reload reload) {
        try {
            Signal.handle(new Signal("HUP"), signal -> run(reload));
        } catch (IllegalArgumentException e) {
            LOG.warn("SIGHUP does not read the configuration again, use 'varve reload': {}", e.getMessage());
        }
    }

    private static void run(Reload reload) {
        try {
            reload.run();
        } catch (IOException e) {
            LOG.debug("told by the daemon already", e);
        } catch (RuntimeException e) {
            LOG.error("the configuration was not read again", e);
        }
    }
}
