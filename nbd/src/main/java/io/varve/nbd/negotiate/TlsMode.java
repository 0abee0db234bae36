package io.varve.nbd.negotiate;

/**
 * Whether a listener encrypts (proto.md, "TLS support").
 *
 * <p>Immutable.
 */
public enum TlsMode {
    /** NOTLS: nothing is encrypted, and nobody is told that it should be. */
    OFF,
    /** The client may encrypt, and sees the same exports if it does not. */
    ON,
    /** FORCEDTLS: until the client encrypts, it can do nothing else. */
    REQUIRE
}
