package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * Finds a disk that lies in one or more places.
 *
 * <p>Thread-safe because the origins are.
 */
public final class RemoteDisk {

    private static final Origins ORIGINS = new Origins(OriginTimeouts.DEFAULT, InstantSource.system());

    private RemoteDisk() {}

    /** What a location is called in messages: without a password. */
    public static String name(String location) throws OriginException {
        return ORIGINS.deferred(location, new OriginIdentity(1, "")).name();
    }

    /** Asks the server at once; closed by the caller. */
    static Origin open(String location) throws IOException {
        return ORIGINS.open(location);
    }

    /**
     * Looks at a disk, and at those that are said to be the same one.
     *
     * @param locations as {@link Origins} understands them, one or more
     * @return of the first one
     * @throws OriginException if one of them cannot be reached, or has another size
     */
    public static OriginIdentity look(List<String> locations) throws IOException {
        OriginIdentity first = null;
        for (String location : locations) {
            try (Origin origin = ORIGINS.open(location)) {
                OriginIdentity identity = origin.identity();
                if (first == null) {
                    first = identity;
                } else if (identity.size() != first.size()) {
                    throw new OriginException(Kind.WRONG, origin.name() + " is a disk of " + identity.size()
                            + " bytes, and not of " + first.size() + ": no mirror of the same disk", null);
                }
            }
        }
        return first;
    }

    /**
     * Waits for nobody: what cannot be reached fails the reads.
     *
     * @param noted    what the first one must be like; the others must have its size
     * @param check    what every answer must pass
     * @param requests as {@link Mirrors} wants it
     * @throws OriginException if a location is none
     */
    public static Mirrors open(List<String> locations, OriginIdentity noted, ContentCheck check, Executor requests)
            throws IOException {
        List<Origin> origins = new ArrayList<>();
        for (String location : locations) {
            OriginIdentity identity = origins.isEmpty() ? noted : new OriginIdentity(noted.size(), "");
            origins.add(ORIGINS.deferred(location, identity));
        }
        return new Mirrors(origins, check, Timing.SYSTEM, new Random(System.nanoTime()), requests);
    }
}
