package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;

/**
 * Sends bytes of a file from the page cache, without a copy (sendfile(2)). The peer may get what the file holds when it
 * reads, so this is for files that do not change.
 *
 * <p>Allocates nothing per call. Owned by one thread.
 */
public final class FileSender {

    private static final SocketCalls LIBC = Libc.sockets();

    private final NativeMemory position = NativeMemory.allocate(Long.BYTES);

    /**
     * Does not wait for the peer, because descriptors of {@link Connection} are non-blocking; it does wait for the disk
     * if the bytes are not in memory.
     *
     * @param fd     of a socket
     * @param length bytes, at least 1
     * @return bytes sent, 0 if the file ends at {@code from}, or {@link NativeSocket#WOULD_BLOCK}
     */
    public int send(int fd, int file, long from, int length) throws NativeException {
        while (true) {
            position.buffer().putLong(0, from);
            long count = LIBC.sendfile(fd, file, position.address(), length);
            if (count >= 0) {
                return (int) count;
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return NativeSocket.WOULD_BLOCK;
            }
            if (errno != Errno.EINTR) {
                throw new NativeException("sendfile", errno);
            }
        }
    }
}
