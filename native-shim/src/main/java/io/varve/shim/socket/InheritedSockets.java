package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;

/**
 * Listening sockets that this process was started with, as systemd passes them (sd_listen_fds(3)).
 *
 * <p>Thread-safe because it has no state.
 */
final class InheritedSockets {

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int SOCKADDR_LENGTH = 112;
    private static final int SOCKADDR_PATH_OFFSET = 2;
    /** socklen_t, in the same piece of memory. */
    private static final int SIZE_OFFSET = SOCKADDR_LENGTH;

    private InheritedSockets() {}

    static Listener listener(int fd) throws NativeException {
        if (option(fd, SocketCalls.SO_TYPE) != SocketCalls.SOCK_STREAM) {
            throw unusable(fd, "is no stream socket");
        }
        if (option(fd, SocketCalls.SO_ACCEPTCONN) == 0) {
            throw unusable(fd, "is a socket that does not listen");
        }
        int family = option(fd, SocketCalls.SO_DOMAIN);
        prepare(fd);
        return switch (family) {
            case SocketCalls.AF_UNIX -> new InheritedUnixListener(fd, "unix://" + path(fd));
            case SocketCalls.AF_INET, SocketCalls.AF_INET6 -> internet(fd);
            default -> throw unusable(fd, "is a socket of family " + family + ", which is neither unix nor internet");
        };
    }

    private static Listener internet(int fd) throws NativeException {
        InternetAddress address = new InternetAddress();
        if (LIBC.getsockname(fd, address.address(), address.sizeAddress()) < 0) {
            throw NativeException.last("getsockname");
        }
        return new TcpListener(fd, "tcp://" + address, address.port());
    }

    /** @return as the socket was bound; an abstract name, which is no file, begins with {@code @} */
    private static String path(int fd) throws NativeException {
        NativeMemory address = NativeMemory.allocate(SOCKADDR_LENGTH + Integer.BYTES);
        address.buffer().putInt(SIZE_OFFSET, SOCKADDR_LENGTH);
        if (LIBC.getsockname(fd, address.address(), address.address() + SIZE_OFFSET) < 0) {
            throw NativeException.last("getsockname");
        }
        int length = Math.min(address.buffer().getInt(SIZE_OFFSET), SOCKADDR_LENGTH) - SOCKADDR_PATH_OFFSET;
        byte[] bytes = new byte[Math.max(0, length)];
        address.buffer().get(SOCKADDR_PATH_OFFSET, bytes);
        String path = new String(bytes, StandardCharsets.UTF_8);
        boolean isAbstract = path.startsWith("\0");
        return isAbstract ? "@" + path.substring(1) : path.replace("\0", "");
    }

    private static void prepare(int fd) throws NativeException {
        int flags = LIBC.fcntl(fd, SocketCalls.F_GETFL, 0);
        if (flags < 0
                || LIBC.fcntl(fd, SocketCalls.F_SETFL, flags | SocketCalls.SOCK_NONBLOCK) < 0
                || LIBC.fcntl(fd, SocketCalls.F_SETFD, SocketCalls.FD_CLOEXEC) < 0) {
            throw NativeException.last("fcntl");
        }
    }

    private static int option(int fd, int name) throws NativeException {
        NativeMemory memory = NativeMemory.allocate(2 * Integer.BYTES);
        memory.buffer().putInt(Integer.BYTES, Integer.BYTES);
        int result = LIBC.getsockopt(
                fd, SocketCalls.SOL_SOCKET, name, memory.address(), memory.address() + Integer.BYTES);
        int errno = result < 0 ? Libc.errno() : 0;
        Reference.reachabilityFence(memory);
        if (errno == Errno.EBADF) {
            throw unusable(fd, "is not open");
        }
        if (errno != 0) {
            throw unusable(fd, "is no socket");
        }
        return memory.buffer().getInt(0);
    }

    private static NativeException unusable(int fd, String what) {
        return new NativeException("getsockopt", Errno.EINVAL, "cannot listen on inherited descriptor " + fd + ": it "
                + what + "; pass a stream socket that listens (ListenStream= of a socket unit)");
    }
}
