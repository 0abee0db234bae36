package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.InetAddress;

/** TCP sockets, made and connected. Thread-safe because it has no state. */
final class TcpSockets {

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int STREAM = SocketCalls.SOCK_STREAM | SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC;
    /** Of the kernel's queue of clients not accepted yet; it caps at net.core.somaxconn. */
    private static final int BACKLOG = 4096;
    private static final int CONNECT_TIMEOUT_MS = 10_000;
    private static final int MAX_PORT = 65535;

    /** struct pollfd, poll.h: fd at 0, events at 4, revents at 6. */
    private static final int POLLFD_LENGTH = 8;
    private static final int POLLFD_EVENTS_OFFSET = 4;

    private TcpSockets() {}

    static Listener listen(String host, int port) throws IOException {
        InternetAddress address = new InternetAddress(InetAddress.getByName(host), checkPort(port));
        int fd = socket(address);
        try {
            // Connections of a server that was just stopped linger; they must not keep its successor from starting.
            if (!NativeSocket.setOption(fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_REUSEADDR, 1)) {
                throw NativeException.last("setsockopt");
            }
            if (LIBC.bind(fd, address.address(), address.size()) < 0) {
                throw cannotListen("bind", host, port);
            }
            if (LIBC.listen(fd, BACKLOG) < 0) {
                throw cannotListen("listen", host, port);
            }
            address.reset();
            if (LIBC.getsockname(fd, address.address(), address.sizeAddress()) < 0) {
                throw NativeException.last("getsockname");
            }
            return new TcpListener(fd, "tcp://" + bracketed(host) + ":" + address.port(), address.port());
        } catch (NativeException | RuntimeException e) {
            NativeFile.close(fd);
            throw e;
        }
    }

    private static NativeException cannotListen(String call, String host, int port) {
        int errno = Libc.errno();
        String uri = "tcp://" + bracketed(host) + ":" + port;
        String advice = switch (errno) {
            case Errno.EADDRINUSE -> "; stop the server that uses the port, or choose another";
            case Errno.EADDRNOTAVAIL -> "; this machine has no such address";
            case Errno.EACCES -> "; ports below 1024 need privileges";
            default -> "";
        };
        return new NativeException(call, errno, "cannot listen on " + uri + ": " + Errno.describe(errno) + advice);
    }

    /** Tries all addresses of the host, as the resolver orders them. */
    static Connection connect(String host, int port) throws IOException {
        checkPort(port);
        NativeException failure = null;
        for (InetAddress address : InetAddress.getAllByName(host)) {
            try {
                return connect(new InternetAddress(address, port));
            } catch (NativeException e) {
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                failure = e;
            }
        }
        throw failure;
    }

    private static Connection connect(InternetAddress address) throws NativeException {
        int fd = socket(address);
        try {
            int errno = LIBC.connect(fd, address.address(), address.size()) == 0 ? 0 : Libc.errno();
            // Interrupted or not, the connection goes on being made.
            if (errno == Errno.EINPROGRESS || errno == Errno.EINTR) {
                errno = awaitConnected(fd);
            }
            if (errno != 0) {
                throw new NativeException("connect", errno,
                        "cannot connect to tcp://" + address + ": " + Errno.describe(errno));
            }
            return connection(fd, address);
        } catch (NativeException | RuntimeException e) {
            NativeFile.close(fd);
            throw e;
        }
    }

    static Connection connection(int fd, InternetAddress peer) {
        return new Connection(fd, () -> NativeFile.close(fd), peer.toString(), peer.hostText(), -1);
    }

    /** @return 0, or the errno of the attempt */
    private static int awaitConnected(int fd) throws NativeException {
        NativeMemory pollfd = NativeMemory.allocate(POLLFD_LENGTH);
        pollfd.buffer().putInt(0, fd).putShort(POLLFD_EVENTS_OFFSET, SocketCalls.POLLOUT);
        int ready;
        do {
            ready = LIBC.poll(pollfd.address(), 1, CONNECT_TIMEOUT_MS);
        } while (ready < 0 && Libc.errno() == Errno.EINTR);
        if (ready < 0) {
            throw NativeException.last("poll");
        }
        Reference.reachabilityFence(pollfd);
        return ready == 0 ? Errno.ETIMEDOUT : pendingError(fd);
    }

    private static int pendingError(int fd) throws NativeException {
        NativeMemory memory = NativeMemory.allocate(8);
        memory.buffer().putInt(4, 4);
        if (LIBC.getsockopt(fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_ERROR, memory.address(), memory.address() + 4)
                < 0) {
            throw NativeException.last("getsockopt");
        }
        return memory.buffer().getInt(0);
    }

    private static int socket(InternetAddress address) throws NativeException {
        int fd = LIBC.socket(address.family(), STREAM, 0);
        if (fd < 0) {
            throw NativeException.last("socket");
        }
        return fd;
    }

    private static int checkPort(int port) {
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("port " + port + " is not in 0 to " + MAX_PORT);
        }
        return port;
    }

    private static String bracketed(String host) {
        return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    }
}
