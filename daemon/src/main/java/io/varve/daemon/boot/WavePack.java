package io.varve.daemon.boot;

import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pack that a wave reads from, opened when it is asked for first. A pack that is damaged or gone is one line in the
 * log, and the wave goes on without.
 *
 * <p>Thread-safe because everything is behind one lock; who uses the pack is inside the memory of the wave, which
 * closes it when the last one has left.
 */
public final class WavePack {

    private static final Logger LOGGER = LoggerFactory.getLogger(WavePack.class);

    private final Opener opener;
    private boolean opened;
    private Pack pack;
    private boolean failed;
    private long pages;

    /** Finds the pack of an image. */
    @FunctionalInterface
    interface Opener {
        Optional<Pack> open() throws IOException;
    }

    WavePack(Opener opener) {
        this.opener = opener;
    }

    /** Null if there is none, or none that can be used. For threads that may wait. */
    public synchronized Pack get() {
        if (!opened) {
            opened = true;
            try {
                pack = opener.open().orElse(null);
            } catch (final IOException ex) {
                fail(ex);
            }
        }
        return failed ? null : pack;
    }

    /** It is not used any more. */
    public synchronized void fail(IOException cause) {
        if (!failed) {
            failed = true;
            LOGGER.warn("a boot goes on without its pack, which is written anew: {}", cause.getMessage());
        }
    }

    /** Pages were read from it and found right. */
    public synchronized void addPages(int count) {
        pages += count;
    }

    synchronized long pages() {
        return pages;
    }

    synchronized boolean hasFailed() {
        return failed;
    }

    synchronized void close() {
        opened = true;
        failed = true;
        if (pack != null) {
            try {
                pack.close();
            } catch (final IOException ex) {
                LOGGER.debug("{} did not close cleanly", pack, ex);
            }
            pack = null;
        }
    }
}
