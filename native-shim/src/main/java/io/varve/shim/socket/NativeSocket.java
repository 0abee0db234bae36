package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.lang.ref.Reference;

/**
 * Calls on connected sockets with native addresses; none waits. Nothing is checked here: who calls owns descriptor
 * and memory. A call that a signal interrupted is made again.
 *
 * <p>Thread-safe because it has no state.
 */
public final class NativeSocket {

    /** Answer of {@link #recv}: the peer sends no more. */
    public static final int END = 0;
    /** Answer of calls that would have to wait. */
    public static final int WOULD_BLOCK = -1;

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int INT_LENGTH = 4;

    private NativeSocket() {}

    /**
     * @param length bytes, at least 1
     * @return bytes received, {@link #END} or {@link #WOULD_BLOCK}
     */
    public static int recv(int fd, long address, int length) throws NativeException {
        while (true) {
            long count = LIBC.recv(fd, address, length, SocketCalls.MSG_DONTWAIT);
            if (count >= 0) {
                return (int) count;
            }
            if (wouldBlockOrThrow("recv")) {
                return WOULD_BLOCK;
            }
        }
    }

    /** @return bytes sent, at least 1 if {@code length} is, or {@link #WOULD_BLOCK} */
    public static int send(int fd, long address, int length) throws NativeException {
        while (true) {
            long count = LIBC.send(fd, address, length, SocketCalls.MSG_DONTWAIT | SocketCalls.MSG_NOSIGNAL);
            if (count >= 0) {
                return (int) count;
            }
            if (wouldBlockOrThrow("send")) {
                return WOULD_BLOCK;
            }
        }
    }

    /**
     * Does not wait because descriptors of {@link Connection} are non-blocking; the virtual machine ignores SIGPIPE.
     *
     * @param iovecAddress see {@link io.varve.shim.IoVector}
     * @param count        entries, 1 to 1024
     * @return bytes sent over all entries, or {@link #WOULD_BLOCK}
     */
    public static int writev(int fd, long iovecAddress, int count) throws NativeException {
        while (true) {
            long written = LIBC.writev(fd, iovecAddress, count);
            if (written >= 0) {
                return (int) written;
            }
            if (wouldBlockOrThrow("writev")) {
                return WOULD_BLOCK;
            }
        }
    }

    /** Small replies leave at once. A unix socket never delays, and is left alone. */
    public static void setNoDelay(int fd) throws NativeException {
        if (!setOption(fd, SocketCalls.IPPROTO_TCP, SocketCalls.TCP_NODELAY, 1)
                && Libc.errno() != Errno.EOPNOTSUPP) {
            throw NativeException.last("setsockopt");
        }
    }

    /**
     * Lets the kernel find out that the peer's machine is gone. A unix socket, whose peer cannot vanish, is left alone.
     *
     * @param idleSeconds  of silence before the first probe, at least 1
     * @param probeSeconds between probes, at least 1
     * @param probeCount   unanswered probes that end the connection, at least 1
     */
    public static void setKeepAlive(int fd, int idleSeconds, int probeSeconds, int probeCount)
            throws NativeException {
        boolean accepted = setOption(fd, SocketCalls.IPPROTO_TCP, SocketCalls.TCP_KEEPIDLE, idleSeconds)
                && setOption(fd, SocketCalls.IPPROTO_TCP, SocketCalls.TCP_KEEPINTVL, probeSeconds)
                && setOption(fd, SocketCalls.IPPROTO_TCP, SocketCalls.TCP_KEEPCNT, probeCount)
                && setOption(fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_KEEPALIVE, 1);
        if (!accepted && Libc.errno() != Errno.EOPNOTSUPP) {
            throw NativeException.last("setsockopt");
        }
    }

    /** @param bytes beyond the system's limit where privileges allow it, capped by the limit otherwise */
    public static void setSendBuffer(int fd, int bytes) throws NativeException {
        setBuffer(fd, SocketCalls.SO_SNDBUFFORCE, SocketCalls.SO_SNDBUF, bytes);
    }

    /** @param bytes beyond the system's limit where privileges allow it, capped by the limit otherwise */
    public static void setReceiveBuffer(int fd, int bytes) throws NativeException {
        setBuffer(fd, SocketCalls.SO_RCVBUFFORCE, SocketCalls.SO_RCVBUF, bytes);
    }

    /**
     * Who made the other end of a unix socket.
     *
     * @return user id, 0 to 2^32-2; -1 for a socket that knows none, as TCP
     */
    public static long peerUid(int fd) throws NativeException {
        return PeerCredentials.of(fd).uid();
    }

    /** Both directions, now; the descriptor stays open. A peer that is gone already is fine. */
    public static void shutdown(int fd) throws NativeException {
        if (LIBC.shutdown(fd, SocketCalls.SHUT_RDWR) < 0 && Libc.errno() != Errno.ENOTCONN) {
            throw NativeException.last("shutdown");
        }
    }

    /** @return false and {@link Libc#errno()} if the kernel refuses */
    static boolean setOption(int fd, int level, int name, int value) {
        NativeMemory memory = NativeMemory.allocate(INT_LENGTH);
        memory.buffer().putInt(0, value);
        boolean accepted = LIBC.setsockopt(fd, level, name, memory.address(), INT_LENGTH) == 0;
        Reference.reachabilityFence(memory);
        return accepted;
    }

    private static void setBuffer(int fd, int forced, int polite, int bytes) throws NativeException {
        if (!setOption(fd, SocketCalls.SOL_SOCKET, forced, bytes)
                && !setOption(fd, SocketCalls.SOL_SOCKET, polite, bytes)) {
            throw NativeException.last("setsockopt");
        }
    }

    /** @return true for EAGAIN, false if the call is to be made again */
    private static boolean wouldBlockOrThrow(String call) throws NativeException {
        int errno = Libc.errno();
        if (errno == Errno.EAGAIN) {
            return true;
        }
        if (errno == Errno.EINTR) {
            return false;
        }
        throw new NativeException(call, errno);
    }
}
