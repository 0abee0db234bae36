package io.varve.shim.libc;

/**
 * System calls on sockets, epoll and eventfd. Failures are -1 and {@link Libc#errno()}. {@code long} stands for
 * pointers, {@code size_t} and {@code ssize_t}.
 *
 * <p>Public only because jnr-ffi implements it in another class loader. Never a method with exactly six integer
 * arguments: its x86-64 stub passes garbage as the sixth.
 *
 * <p>Thread-safe because it has no state.
 */
public interface SocketCalls {

    /** bits/socket.h. */
    int AF_UNIX = 1;
    /** bits/socket.h. */
    int AF_INET = 2;
    /** bits/socket.h. */
    int AF_INET6 = 10;
    /** bits/socket_type.h. */
    int SOCK_STREAM = 1;
    /** bits/socket_type.h. */
    int SOCK_NONBLOCK = 0x800;
    /** bits/socket_type.h. */
    int SOCK_CLOEXEC = 0x80000;

    /** asm-generic/socket.h. */
    int SOL_SOCKET = 1;
    /** asm-generic/socket.h. */
    int SO_REUSEADDR = 2;
    /** asm-generic/socket.h. */
    int SO_TYPE = 3;
    /** asm-generic/socket.h. */
    int SO_ERROR = 4;
    /** asm-generic/socket.h. */
    int SO_SNDBUF = 7;
    /** asm-generic/socket.h. */
    int SO_RCVBUF = 8;
    /** asm-generic/socket.h. */
    int SO_KEEPALIVE = 9;
    /** asm-generic/socket.h. */
    int SO_PEERCRED = 17;
    /** asm-generic/socket.h: whether the socket listens. */
    int SO_ACCEPTCONN = 30;
    /** asm-generic/socket.h. */
    int SO_DOMAIN = 39;
    /** asm-generic/socket.h. */
    int SO_SNDBUFFORCE = 32;
    /** asm-generic/socket.h. */
    int SO_RCVBUFFORCE = 33;
    /** netinet/in.h. */
    int IPPROTO_TCP = 6;
    /** netinet/tcp.h. */
    int TCP_NODELAY = 1;
    /** netinet/tcp.h: seconds of silence before the first probe. */
    int TCP_KEEPIDLE = 4;
    /** netinet/tcp.h: seconds between probes. */
    int TCP_KEEPINTVL = 5;
    /** netinet/tcp.h: unanswered probes that end the connection. */
    int TCP_KEEPCNT = 6;

    /** bits/socket.h. */
    int MSG_DONTWAIT = 0x40;
    /** bits/socket.h. */
    int MSG_NOSIGNAL = 0x4000;
    /** sys/socket.h. */
    int SHUT_RDWR = 2;

    /** fcntl.h. */
    int F_SETFD = 2;
    /** fcntl.h. */
    int F_GETFL = 3;
    /** fcntl.h. */
    int F_SETFL = 4;
    /** fcntl.h. */
    int FD_CLOEXEC = 1;

    /** sys/epoll.h. */
    int EPOLL_CLOEXEC = 0x80000;
    /** sys/epoll.h. */
    int EPOLL_CTL_ADD = 1;
    /** sys/epoll.h. */
    int EPOLL_CTL_DEL = 2;
    /** sys/epoll.h. */
    int EPOLL_CTL_MOD = 3;
    /** sys/epoll.h. */
    int EPOLLIN = 0x001;
    /** sys/epoll.h. */
    int EPOLLOUT = 0x004;
    /** sys/epoll.h. */
    int EPOLLERR = 0x008;
    /** sys/epoll.h. */
    int EPOLLHUP = 0x010;

    /** asm-generic/ioctls.h; linux/sockios.h gives it the name SIOCOUTQ. */
    long SIOCOUTQ = 0x5411;

    /** poll.h. */
    short POLLOUT = 0x004;

    /** sys/eventfd.h. */
    int EFD_NONBLOCK = 0x800;
    /** sys/eventfd.h. */
    int EFD_CLOEXEC = 0x80000;

    int socket(int domain, int type, int protocol);

    int bind(int fd, long address, int addressLength);

    int listen(int fd, int backlog);

    int accept4(int fd, long address, long addressLength, int flags);

    int connect(int fd, long address, int addressLength);

    int getsockname(int fd, long address, long addressLength);

    int getsockopt(int fd, int level, int name, long value, long valueLength);

    int setsockopt(int fd, int level, int name, long value, int valueLength);

    int shutdown(int fd, int how);

    int close(int fd);

    /** With commands that take an integer. */
    int fcntl(int fd, int command, int argument);

    /** With requests that take an address. */
    int ioctl(int fd, long request, long address);

    int poll(long pollfds, long count, int timeoutMs);

    long recv(int fd, long address, long length, int flags);

    long send(int fd, long address, long length, int flags);

    long sendfile(int to, int from, long position, long length);

    long writev(int fd, long iovec, int count);

    long read(int fd, long address, long length);

    long write(int fd, long address, long length);

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, long event);

    int epoll_wait(int epoll, long events, int maxEvents, int timeoutMs);

    int eventfd(int initial, int flags);
}
