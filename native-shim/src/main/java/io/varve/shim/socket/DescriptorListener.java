package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.SocketCalls;

/**
 * A listener that is nothing but its descriptor.
 *
 * <p>Owned by the thread that accepts.
 */
abstract class DescriptorListener implements Listener {

    static final SocketCalls LIBC = Libc.sockets();
    static final int ACCEPT_FLAGS = SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC;

    private static final int CLOSED = -1;

    private final String address;
    private final int port;
    private volatile int fd;

    /** @param port -1 of a unix listener */
    DescriptorListener(int fd, String address, int port) {
        this.fd = fd;
        this.address = address;
        this.port = port;
    }

    /** accept4(2) with {@link #ACCEPT_FLAGS}; negative if it failed. */
    abstract int accept4(int listening);

    /** Owns the descriptor that {@link #accept4} answered, and closes it if this fails. */
    abstract Connection connection(int accepted) throws NativeException;

    /** Whether only the client failed, between its connect and our accept: the next one may be waiting behind it. */
    boolean isOfClient(int errno) {
        return errno == Errno.ECONNABORTED;
    }

    @Override
    public final int fd() {
        int descriptor = fd;
        if (descriptor == CLOSED) {
            throw new IllegalStateException("listener on " + address + " is closed");
        }
        return descriptor;
    }

    @Override
    public final String address() {
        return address;
    }

    @Override
    public final int port() {
        return port;
    }

    @Override
    public final Connection accept() throws NativeException {
        while (true) {
            int accepted = accept4(fd());
            if (accepted >= 0) {
                return connection(accepted);
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return null;
            }
            if (errno != Errno.EINTR && !isOfClient(errno)) {
                throw new NativeException("accept4", errno);
            }
        }
    }

    @Override
    public final void close() {
        int descriptor = fd;
        fd = CLOSED;
        if (descriptor != CLOSED) {
            // The descriptor is released whatever close(2) answers, and a listener has no data to lose.
            LIBC.close(descriptor);
        }
    }
}
