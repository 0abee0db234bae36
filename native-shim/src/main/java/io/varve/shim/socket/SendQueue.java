package io.varve.shim.socket;

import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;

/**
 * Tells how much of what was sent is not with the peer yet.
 *
 * <p>Allocates nothing per call. Owned by one thread.
 */
public final class SendQueue {

    private static final SocketCalls LIBC = Libc.sockets();

    private final NativeMemory answer = NativeMemory.allocate(Integer.BYTES);

    /**
     * For a unix socket, what the peer has not read, counted in whole kernel buffers, so more than the bytes that were
     * sent (net/unix/af_unix.c, unix_outq_len). For TCP, what the peer's kernel has not acknowledged (tcp(7),
     * SIOCOUTQ).
     *
     * @return bytes; 0 when nothing is on its way
     */
    public int length(int fd) throws NativeException {
        if (LIBC.ioctl(fd, SocketCalls.SIOCOUTQ, answer.address()) < 0) {
            throw NativeException.last("ioctl");
        }
        return answer.buffer().getInt(0);
    }
}
