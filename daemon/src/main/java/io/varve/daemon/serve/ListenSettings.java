package io.varve.daemon.serve;

/**
 * One listener: where, and how it encrypts.
 *
 * <p>Immutable.
 */
public record ListenSettings(ListenAddress address, TlsSettings tls) {}
