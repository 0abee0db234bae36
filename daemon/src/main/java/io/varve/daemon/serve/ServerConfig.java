package io.varve.daemon.serve;

import java.time.Duration;
import java.util.List;

/**
 * How to serve.
 *
 * <p>Immutable.
 *
 * @param listeners   at least one
 * @param agentCount  threads that serve connections, 1 to 64
 * @param spin        how long an agent that just had work looks for more before it sleeps
 * @param drainLimit  how long a stop waits for requests in flight
 * @param limits      what clients may cost
 */
public record ServerConfig(List<ListenSettings> listeners, int agentCount, Duration spin, Duration drainLimit,
        Limits limits) {

    private static final int MAX_AGENTS = 64;

    public ServerConfig {
        listeners = List.copyOf(listeners);
        if (listeners.isEmpty()) {
            throw new IllegalArgumentException("no listener: use --listen unix:///path or --listen tcp://host:port");
        }
        if (agentCount < 1 || agentCount > MAX_AGENTS) {
            throw new IllegalArgumentException(
                    "cannot serve with " + agentCount + " agents: use 1 to " + MAX_AGENTS);
        }
    }

    /** All listeners alike. */
    public static ServerConfig of(List<ListenAddress> addresses, TlsSettings tls) {
        return of(addresses.stream().map(address -> new ListenSettings(address, tls)).toList());
    }

    /** One agent per processor; spinning only where the client can run beside it. */
    public static ServerConfig of(List<ListenSettings> listeners) {
        int processors = Runtime.getRuntime().availableProcessors();
        return new ServerConfig(
                listeners,
                Math.min(processors, MAX_AGENTS),
                processors > 1 ? Duration.ofNanos(50_000) : Duration.ZERO,
                Duration.ofSeconds(5),
                Limits.DEFAULT);
    }

    public ServerConfig withAgentCount(int count) {
        return new ServerConfig(listeners, count, spin, drainLimit, limits);
    }

    public ServerConfig withLimits(Limits other) {
        return new ServerConfig(listeners, agentCount, spin, drainLimit, other);
    }
}
