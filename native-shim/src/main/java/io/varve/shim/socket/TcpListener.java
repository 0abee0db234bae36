package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.SocketCalls;

/** A bound TCP socket. Owned by the thread that accepts. */
final class TcpListener implements Listener {

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int CLOSED = -1;

    private final String address;
    private final int port;
    private final InternetAddress client = new InternetAddress();
    private volatile int fd;

    TcpListener(int fd, String address, int port) {
        this.fd = fd;
        this.address = address;
        this.port = port;
    }

    @Override
    public int fd() {
        int descriptor = fd;
        if (descriptor == CLOSED) {
            throw new IllegalStateException("listener on " + address + " is closed");
        }
        return descriptor;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public Connection accept() throws NativeException {
        while (true) {
            client.reset();
            int accepted = LIBC.accept4(fd(), client.address(), client.sizeAddress(),
                    SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC);
            if (accepted >= 0) {
                return TcpSockets.connection(accepted, client);
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return null;
            }
            // The client gave up between its connect and our accept; the next one may be waiting behind it.
            if (errno != Errno.EINTR && errno != Errno.ECONNABORTED && errno != Errno.EPROTO) {
                throw new NativeException("accept4", errno);
            }
        }
    }

    @Override
    public void close() {
        int descriptor = fd;
        fd = CLOSED;
        if (descriptor != CLOSED) {
            // The descriptor is released whatever close(2) answers, and a listener has no data to lose.
            LIBC.close(descriptor);
        }
    }
}
