package io.varve.daemon.remote;

import java.io.IOException;
import java.net.http.HttpClient;
import java.time.InstantSource;
import java.util.Locale;

/**
 * Origins by their addresses: {@code http://}, {@code https://}, {@code nbd://} or {@code nbd+unix://}.
 *
 * <p>Thread-safe because its client is made once, under a lock.
 */
public final class Origins {

    private final OriginTimeouts timeouts;
    private final InstantSource clock;
    /** Made when it is needed: it has threads. */
    private HttpClient client;

    /** @param clock of the wall, for what servers say in dates */
    public Origins(OriginTimeouts timeouts, InstantSource clock) {
        this.timeouts = timeouts;
        this.clock = clock;
    }

    /**
     * Asks the server at once.
     *
     * @throws OriginException REFUSED, if this is no such address, else as {@link HttpOrigin#open} and
     *                         {@link NbdOrigin#open} say
     */
    public Origin open(String address) throws IOException {
        return isNbd(address)
                ? NbdOrigin.open(address, timeouts, NbdOrigin.DEFAULT_CONNECTION_COUNT)
                : HttpOrigin.open(address, client(), timeouts, clock);
    }

    /**
     * Asks the server when the first read comes.
     *
     * @param noted what the disk was like when it was opened for the first time
     * @throws OriginException REFUSED, if this is no such address
     */
    public Origin deferred(String address, OriginIdentity noted) throws OriginException {
        String name = isNbd(address)
                ? NbdAddress.parse(address).name()
                : HttpAddress.parse(address).uri().toString();
        return new DeferredOrigin(name, noted, () -> open(address));
    }

    private synchronized HttpClient client() {
        if (client == null) {
            client = HttpOrigin.newClient(timeouts);
        }
        return client;
    }

    private static boolean isNbd(String address) {
        return address.toLowerCase(Locale.ROOT).startsWith("nbd");
    }
}
