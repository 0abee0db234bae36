package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Wakes a thread that waits in {@link Epoll}: an eventfd that other threads signal. The owner calls {@link #drain}
 * first and looks at its queues then; who puts something into a queue signals afterwards; so nothing is slept over.
 *
 * <p>Thread-safe because signals after the first are folded by an atomic flag, and the one that reaches the kernel
 * excludes {@link #close}, after which the descriptor number may be somebody else's. {@link #drain} and close belong
 * to the owner.
 */
public final class WakeUp implements AutoCloseable {

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int COUNTER_LENGTH = 8;
    private static final int CLOSED = -1;

    private final NativeMemory one = NativeMemory.allocate(COUNTER_LENGTH);
    private final NativeMemory drained = NativeMemory.allocate(COUNTER_LENGTH);
    private final AtomicBoolean signalled = new AtomicBoolean();
    private volatile int fd;

    public WakeUp() throws NativeException {
        one.buffer().putLong(0, 1);
        fd = LIBC.eventfd(0, SocketCalls.EFD_NONBLOCK | SocketCalls.EFD_CLOEXEC);
        if (fd < 0) {
            throw NativeException.last("eventfd");
        }
    }

    /** For {@link Epoll#add} with {@link Epoll#READABLE}. */
    public int fd() {
        int descriptor = fd;
        if (descriptor == CLOSED) {
            throw new IllegalStateException("wake-up is closed");
        }
        return descriptor;
    }

    /** From any thread; after {@link #close} it does nothing. Never waits for the owner. */
    public void signal() {
        if (!signalled.getAndSet(true)) {
            write();
        }
    }

    private synchronized void write() {
        // The counter cannot overflow, at most one signal stands between two drains; so there is no failure to tell.
        if (fd != CLOSED) {
            LIBC.write(fd, one.address(), COUNTER_LENGTH);
        }
    }

    /** Makes the descriptor unreadable until the next signal. */
    public void drain() throws NativeException {
        while (LIBC.read(fd(), drained.address(), COUNTER_LENGTH) < 0) {
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                break;
            }
            if (errno != Errno.EINTR) {
                throw new NativeException("read", errno);
            }
        }
        // After the read: a signal between the two is not lost, the caller has its queues still to look at.
        signalled.getAndSet(false);
    }

    @Override
    public synchronized void close() throws NativeException {
        int descriptor = fd;
        fd = CLOSED;
        if (descriptor != CLOSED && LIBC.close(descriptor) < 0) {
            throw NativeException.last("close");
        }
    }
}
