package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.MutableDirectBuffer;

/**
 * An origin that is known from before, and is opened by the first read that needs it, so that a daemon starts, and
 * other mirrors serve, while its server is down. It must be the disk that was noted.
 *
 * <p>Thread-safe because one thread at a time opens, and who closes what was opened is decided under a lock.
 */
public final class DeferredOrigin implements Origin {

    private final String name;
    private final OriginIdentity noted;
    private final Opener opener;
    private final ReentrantLock opening = new ReentrantLock();
    private volatile Origin opened;
    private volatile boolean closed;

    /** Opens an origin, waiting if it must, but not for ever. */
    @FunctionalInterface
    public interface Opener {
        Origin open() throws IOException;
    }

    /**
     * @param name  of the origin, also before it is opened
     * @param noted when the disk was seen for the first time; without a validator, only its size must be the same
     */
    public DeferredOrigin(String name, OriginIdentity noted, Opener opener) {
        this.name = name;
        this.noted = noted;
        this.opener = opener;
    }

    @Override
    public String name() {
        return name;
    }

    /** As it was noted. */
    @Override
    public OriginIdentity identity() {
        return noted;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException {
        ByteRange.checked(position, destination, index, length, noted.size());
        opened().read(position, destination, index, length, urgency);
    }

    @Override
    public void readAll(List<Piece> pieces, MutableDirectBuffer destination, Urgency urgency, Arrivals arrivals)
            throws IOException {
        for (Piece piece : pieces) {
            piece.checked(destination, noted.size());
        }
        opened().readAll(pieces, destination, urgency, arrivals);
    }

    @Override
    public int maxPieces() {
        Origin found = opened;
        return found == null ? 1 : found.maxPieces();
    }

    private Origin opened() throws IOException {
        Origin found = opened;
        return found != null ? found : open();
    }

    private Origin open() throws IOException {
        try {
            // Others wait no longer than an opening takes, and one more if it fails.
            opening.lockInterruptibly();
        } catch (InterruptedException e) {
            throw new InterruptedIOException(name + ": interrupted");
        }
        try {
            if (opened == null) {
                openSame();
            }
            return opened;
        } finally {
            opening.unlock();
        }
    }

    private void openSame() throws IOException {
        if (closed) {
            throw closed();
        }
        Origin found = opener.open();
        boolean kept = false;
        try {
            OriginIdentity is = found.identity();
            if (is.size() != noted.size()
                    || !noted.validator().isEmpty() && !noted.validator().equals(is.validator())) {
                throw new OriginException(Kind.CHANGED, name + ": it is another disk than the one that was noted, "
                        + described(is) + " and not " + described(noted), null);
            }
            kept = keep(found);
        } finally {
            if (!kept) {
                found.close();
            }
        }
        if (!kept) {
            throw closed();
        }
    }

    /** @return whether {@link #close} will close it */
    private synchronized boolean keep(Origin found) {
        opened = closed ? null : found;
        return !closed;
    }

    private static String described(OriginIdentity identity) {
        return identity.size() + " bytes" + (identity.validator().isEmpty() ? "" : " of " + identity.validator());
    }

    private OriginException closed() {
        return new OriginException(Kind.UNAVAILABLE, name + ": it has been closed", null);
    }

    /** Reads that are under way fail; one that is opening it, when it has. */
    @Override
    public void close() throws IOException {
        Origin found;
        synchronized (this) {
            closed = true;
            found = opened;
        }
        if (found != null) {
            found.close();
        }
    }
}
