package io.varve.it.conform;

/** How clients get to a server, and what it asks of them on the way. */
enum Way {
    UNIX,
    TCP,
    /** TCP, and TLS with certificates, which the server demands. */
    TLS,
    /** A unix socket, and TLS with a pre-shared key, which the server demands. */
    PSK,
    /** A unix socket, and TLS with certificates, which the server offers and the client does without. */
    OFFERED;

    /** Whether clients begin with STARTTLS. */
    boolean isSecure() {
        return this == TLS || this == PSK;
    }
}
