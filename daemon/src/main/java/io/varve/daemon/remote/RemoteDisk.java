package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * Finds disks by their addresses.
 *
 * <p>Thread-safe because it keeps nothing.
 */
public final class RemoteDisk {

    /** Made for the first disk on a web server: it has threads. */
    private static final class Web {
        private static final HttpClient CLIENT = HttpOrigin.newClient(OriginTimeouts.DEFAULT);
    }

    private RemoteDisk() {}

    /**
     * Looks at a disk, and at those that are said to be the same one.
     *
     * @param locations {@code http://}, {@code https://}, {@code nbd://} or {@code nbd+unix://}; one or more
     * @return of the first one
     * @throws OriginException if one of them cannot be reached, or has another size
     */
    public static OriginIdentity look(List<String> locations) throws IOException {
        OriginIdentity first = null;
        for (String location : locations) {
            try (Origin origin = open(location)) {
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
     * @param expected what the first one must be like; the others must have its size
     * @param executor as {@link Mirrors} wants it
     */
    public static Origin open(List<String> locations, OriginIdentity expected, Executor executor) {
        List<Origin> origins = new ArrayList<>();
        for (String location : locations) {
            OriginIdentity identity = origins.isEmpty() ? expected : new OriginIdentity(expected.size(), "");
            origins.add(new DeferredOrigin(shown(location), identity, () -> open(location)));
        }
        return new Mirrors(origins, ContentCheck.NONE, Timing.SYSTEM, new Random(System.nanoTime()), executor);
    }

    private static Origin open(String location) throws IOException {
        String scheme = location.replaceFirst(":.*", "").toLowerCase(Locale.ROOT);
        return switch (scheme) {
            case "http", "https" -> HttpOrigin.open(location, Web.CLIENT, OriginTimeouts.DEFAULT, Clock.systemUTC());
            case "nbd", "nbd+unix" ->
                    NbdOrigin.open(location, OriginTimeouts.DEFAULT, NbdOrigin.DEFAULT_CONNECTION_COUNT);
            default -> throw new OriginException(Kind.REFUSED, shown(location) + ": a disk on another machine is "
                    + "http://HOST/PATH, nbd://HOST/EXPORT or nbd+unix:///EXPORT?socket=PATH", null);
        };
    }

    /** Without user and password. */
    private static String shown(String location) {
        return location.replaceFirst("//[^/@]*@", "//");
    }
}
