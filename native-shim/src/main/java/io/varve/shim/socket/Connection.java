package io.varve.shim.socket;

import io.varve.shim.NativeException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A connected, non-blocking stream socket, by its descriptor.
 *
 * <p>Design note: a read on a descriptor that was closed goes to whatever connection has the number now, because the
 * kernel gives out the lowest free one. So a connection has exactly one owner who closes it, after the descriptor is
 * out of its {@link Epoll}; nobody keeps the number: {@link #fd()} is asked for every call, and refuses after close.
 *
 * <p>Owned by the thread that serves it; handed over as a whole.
 */
public final class Connection implements AutoCloseable {

    private static final int CLOSED = -1;

    private final AtomicInteger fd;
    private final Closeable socket;
    private final String peer;
    private final String peerAddress;
    private final long peerUid;
    private volatile Runnable afterClose = () -> {};

    /**
     * @param peerAddress without the port; empty for a unix socket
     * @param peerUid     -1 for TCP
     */
    Connection(int fd, Closeable socket, String peer, String peerAddress, long peerUid) {
        this.fd = new AtomicInteger(fd);
        this.socket = socket;
        this.peer = peer;
        this.peerAddress = peerAddress;
        this.peerUid = peerUid;
    }

    /** Waits until the server accepts or refuses. */
    public static Connection connectUnix(Path path) throws NativeException {
        return UnixSockets.connect(path);
    }

    /** Waits until the server accepts or refuses, 10 seconds at most per address of the host. */
    public static Connection connectTcp(String host, int port) throws IOException {
        return TcpSockets.connect(host, port);
    }

    /** @throws IllegalStateException after {@link #close} */
    public int fd() {
        int descriptor = fd.get();
        if (descriptor == CLOSED) {
            throw new IllegalStateException("connection with " + peer + " is closed");
        }
        return descriptor;
    }

    /** Who is at the other end, for logs: {@code "127.0.0.1:40112"} or {@code "pid 812, uid 0"}. */
    public String peer() {
        return peer;
    }

    /** Internet address of the other end, without port and brackets: {@code "127.0.0.1"}; empty for a unix socket. */
    public String peerAddress() {
        return peerAddress;
    }

    /** User id of the other end of a unix socket, 0 to 2^32-2, as {@link NativeSocket#peerUid} told; -1 for TCP. */
    public long peerUid() {
        return peerUid;
    }

    /** @param action runs once, when this is closed, by the thread that closes it */
    public void onClose(Runnable action) {
        afterClose = action;
    }

    /** The second and later calls do nothing. */
    @Override
    public void close() {
        if (fd.getAndSet(CLOSED) == CLOSED) {
            return;
        }
        try {
            socket.close();
        } catch (IOException e) {
            // The descriptor is released whatever close(2) answers, and a stream has nothing more to tell.
            return;
        } finally {
            afterClose.run();
        }
    }

    @Override
    public String toString() {
        return "connection with " + peer;
    }
}
