package io.varve.daemon.config;

import java.time.Duration;

/**
 * The table {@code [limits]}. What is 0, or null, was not set.
 *
 * @param connectionCount           that are open, in all
 * @param connectionCountPerAddress that are open from one address
 * @param handshake                 how long a handshake may take
 * @param idle                      how long a client may ask for nothing
 * @param stall                     how long a client may take no answer
 * @param inFlightLength            bytes of requests and replies in work, in all
 * @param inFlightLengthPerConnection bytes of requests and replies in work, of one connection
 */
public record LimitSettings(
        int connectionCount,
        int connectionCountPerAddress,
        Duration handshake,
        Duration idle,
        Duration stall,
        long inFlightLength,
        long inFlightLengthPerConnection) {}
