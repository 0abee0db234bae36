package io.varve.daemon.serve;

import java.time.Duration;

/**
 * What clients may cost. Beyond a limit of connections the new one is closed at once; beyond a deadline the late one.
 *
 * <p>What one connection has in flight is bounded by its session: 256 waiting requests, about 64 MiB of payload, and
 * replies that it does not read up to 4 MiB and one request. For all of them together there is {@code memoryLength}:
 * from half of it on, a connection has one request in flight; when it is taken, requests wait, and who holds memory and
 * does nothing for two seconds is closed, whatever the stall deadline is.
 *
 * <p>Immutable.
 *
 * @param connectionCount        connections in all, at least 1
 * @param connectionCountPerPeer connections of one internet address, or of one user id on unix sockets, at least 1
 * @param handshakeDeadline      from accept to the end of the handshake; at least 1 s
 * @param idleDeadline           without a request in the transmission phase; zero: none
 * @param stallDeadline          in which a client must take {@value #LEAST_PROGRESS} bytes of replies that wait for it,
 *                               or send as many of a request that it began, or all of either; zero: none
 * @param memoryLength           bytes of buffers for requests and replies of all connections, at least 64 MiB
 */
public record Limits(
        int connectionCount,
        int connectionCountPerPeer,
        Duration handshakeDeadline,
        Duration idleDeadline,
        Duration stallDeadline,
        long memoryLength) {

    /** Slower than this per stall deadline is as good as dead: the slowest link of use brings a hundred times more. */
    static final int LEAST_PROGRESS = 64 * 1024;

    private static final long MIN_MEMORY_LENGTH = 64L * 1024 * 1024;
    private static final Duration SECOND = Duration.ofSeconds(1);

    /**
     * Far above honest use, below what hurts.
     *
     * <ul>
     *   <li>10,000 connections: two for each of 5,000 clients; idle, they cost less than 640 MiB together.
     *   <li>5,000 of one peer: all guests of a machine run as one user, and a site may hide behind one address. Half
     *       of all, so that one peer never shuts everybody out.
     *   <li>30 s to shake hands: opening an export may recover an overlay, which takes a few seconds at worst.
     *   <li>No idle deadline: a disk that nobody uses at night is not an error, and clients do not reconnect by
     *       themselves. TCP keepalive finds those that are gone.
     *   <li>2 min to take or send something: longer than a network that finds a new route, or a host that swaps.
     *   <li>1 GiB of buffers: a quarter of the direct memory that {@code daemon/bin/varve} allows.
     * </ul>
     */
    public static final Limits DEFAULT = new Limits(
            10_000, 5_000, Duration.ofSeconds(30), Duration.ZERO, Duration.ofMinutes(2), 1024L * 1024 * 1024);

    public Limits {
        if (connectionCount < 1 || connectionCountPerPeer < 1) {
            throw new IllegalArgumentException("a limit of connections is at least 1, not "
                    + Math.min(connectionCount, connectionCountPerPeer));
        }
        if (handshakeDeadline.compareTo(SECOND) < 0) {
            throw new IllegalArgumentException(
                    "the handshake deadline is at least 1 s, not " + handshakeDeadline.toMillis() + " ms");
        }
        requireNoneOrASecond("idle", idleDeadline);
        requireNoneOrASecond("stall", stallDeadline);
        if (memoryLength < MIN_MEMORY_LENGTH) {
            throw new IllegalArgumentException("the memory of all connections is at least " + MIN_MEMORY_LENGTH
                    + " bytes, so that the largest request fits, not " + memoryLength);
        }
    }

    public Limits withMemoryLength(long length) {
        return new Limits(connectionCount, connectionCountPerPeer, handshakeDeadline, idleDeadline, stallDeadline,
                length);
    }

    private static void requireNoneOrASecond(String name, Duration deadline) {
        // Deadlines are looked at once a second.
        if (!deadline.isZero() && deadline.compareTo(SECOND) < 0) {
            throw new IllegalArgumentException(
                    "the " + name + " deadline is 0 (none) or at least 1 s, not " + deadline.toMillis() + " ms");
        }
    }
}
