package io.varve.shim.socket;

import io.varve.shim.NativeException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A socket that clients connect to; non-blocking, for {@link Epoll}.
 *
 * <p>Owned by the thread that accepts.
 */
public interface Listener extends AutoCloseable {

    /** Loads what listening on a unix socket needs, so that it is quick when it comes. */
    static void prepare() throws NativeException {
        UnixSockets.prepare();
    }

    /**
     * Replaces the socket file of a server that is dead: one where a connection is refused.
     *
     * @param path at most 107 bytes
     * @throws NativeException EADDRINUSE with a message that says what to do, if a server answers there
     */
    static Listener unix(Path path) throws IOException {
        return UnixSockets.listen(path);
    }

    /**
     * @param port 0 takes a free one, see {@link #port()}
     * @throws NativeException EADDRINUSE with a message that says what to do, if the port is taken
     */
    static Listener tcp(String host, int port) throws IOException {
        return TcpSockets.listen(host, port);
    }

    /**
     * Takes over a socket that this process was started with. Its file, if it has one, belongs to whoever bound it.
     *
     * @param fd stays open if this fails
     * @throws NativeException with a line that says what the descriptor is instead of a stream socket that listens
     */
    static Listener inherited(int fd) throws NativeException {
        return InheritedSockets.listener(fd);
    }

    /** @throws IllegalStateException after {@link #close} */
    int fd();

    /** As a URI: {@code unix:///run/varve.sock} or {@code tcp://127.0.0.1:10809}, with the port that was taken. */
    String address();

    /** Of a TCP listener; -1 of a unix listener. */
    int port();

    /**
     * @return null if nobody waits
     * @throws NativeException if the process cannot have another descriptor (EMFILE, ENFILE); the client still waits
     */
    Connection accept() throws NativeException;

    /** Accepts no more; a unix socket file is removed if it is still ours and not inherited. Again does nothing. */
    @Override
    void close();
}
