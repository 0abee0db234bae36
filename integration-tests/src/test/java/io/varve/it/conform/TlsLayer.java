package io.varve.it.conform;

import java.io.IOException;

/**
 * The client's side of TLS on one connection: plain bytes on one side, records on the other. It never touches a
 * socket, so that {@link Wire} keeps its deadlines.
 *
 * <p>Owned by the {@link Wire} that it secures.
 */
interface TlsLayer {

    /** Takes what arrived. @return what the server said inside, often nothing */
    byte[] hear(byte[] records, int length) throws IOException;

    void say(byte[] plain) throws IOException;

    /** Records to send: of the handshake, of what was said, of the farewell. */
    byte[] takeOutput();

    boolean isEstablished();

    /** Whether the server has taken its leave (close_notify); nothing comes behind that. */
    boolean isEnded();

    /** The one that was agreed on, such as {@code TLSv1.3}. */
    String version();

    /** Takes leave. */
    void end() throws IOException;
}
