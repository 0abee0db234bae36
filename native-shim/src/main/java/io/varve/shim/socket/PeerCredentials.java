package io.varve.shim.socket;

import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.lang.ref.Reference;

/**
 * The process at the other end of a unix socket, as the kernel noted it at connect (unix(7), SO_PEERCRED).
 *
 * <p>Immutable.
 *
 * @param pid 0 if the process is not visible from here, or the socket is not a unix socket
 * @param uid 0 to 2^32-2; -1 if the socket is not a unix socket
 */
record PeerCredentials(int pid, long uid) {

    /** struct ucred, bits/socket.h: pid, uid, gid; 4 bytes each. */
    private static final int UCRED_LENGTH = 12;
    private static final int UCRED_PID_OFFSET = 0;
    private static final int UCRED_UID_OFFSET = 4;
    /** socklen_t, in the same piece of memory. */
    private static final int UCRED_SIZE_OFFSET = 12;
    /** What the kernel says where it has none. */
    private static final int NO_UID = -1;

    static PeerCredentials of(int fd) throws NativeException {
        NativeMemory ucred = NativeMemory.allocate(UCRED_LENGTH + 4);
        ucred.buffer().putInt(UCRED_SIZE_OFFSET, UCRED_LENGTH);
        int result = Libc.sockets().getsockopt(fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_PEERCRED, ucred.address(),
                ucred.address() + UCRED_SIZE_OFFSET);
        Reference.reachabilityFence(ucred);
        if (result < 0) {
            throw NativeException.last("getsockopt");
        }
        int uid = ucred.buffer().getInt(UCRED_UID_OFFSET);
        return new PeerCredentials(
                ucred.buffer().getInt(UCRED_PID_OFFSET), uid == NO_UID ? -1 : Integer.toUnsignedLong(uid));
    }

    @Override
    public String toString() {
        return "pid " + pid + ", uid " + uid;
    }
}
