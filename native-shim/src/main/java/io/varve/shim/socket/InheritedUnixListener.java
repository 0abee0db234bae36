package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.SocketCalls;

/**
 * A unix socket that somebody else bound. Its file is theirs: it stays where it is, and clients that come while this
 * process is not there wait for the next.
 *
 * <p>Owned by the thread that accepts.
 */
final class InheritedUnixListener implements Listener {

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int CLOSED = -1;

    private final String address;
    private volatile int fd;

    InheritedUnixListener(int fd, String address) {
        this.fd = fd;
        this.address = address;
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
        return -1;
    }

    @Override
    public Connection accept() throws NativeException {
        while (true) {
            int accepted = LIBC.accept4(fd(), 0, 0, SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC);
            if (accepted >= 0) {
                return connection(accepted);
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return null;
            }
            if (errno != Errno.EINTR && errno != Errno.ECONNABORTED) {
                throw new NativeException("accept4", errno);
            }
        }
    }

    private static Connection connection(int accepted) throws NativeException {
        try {
            PeerCredentials peer = PeerCredentials.of(accepted);
            return new Connection(accepted, () -> NativeFile.close(accepted), peer.toString(), "", peer.uid());
        } catch (NativeException e) {
            NativeFile.close(accepted);
            throw e;
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
