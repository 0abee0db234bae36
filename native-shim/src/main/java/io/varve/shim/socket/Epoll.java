package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Waits for readiness of many descriptors; level-triggered.
 *
 * <pre>
 *  struct epoll_event, sys/epoll.h     x86-64 (packed)         elsewhere
 *    events (bit mask, 4 bytes)        at 0                    at 0
 *    data   (ours: the token)          at 4, 12 bytes in all   at 8, 16 bytes in all
 * </pre>
 *
 * <p>A descriptor is removed before it is closed: the number may be somebody else's a moment later.
 *
 * <p>Owned by the thread that waits.
 */
public final class Epoll implements AutoCloseable {

    public static final int READABLE = SocketCalls.EPOLLIN;
    public static final int WRITABLE = SocketCalls.EPOLLOUT;
    /** The connection is broken or closed by the peer; reported whether asked for or not. A test mask. */
    public static final int HANGUP = SocketCalls.EPOLLHUP | SocketCalls.EPOLLERR;

    private static final int DEFAULT_MAX_EVENTS = 256;
    private static final boolean PACKED = System.getProperty("os.arch").matches("amd64|x86_64");
    private static final int DATA_OFFSET = PACKED ? 4 : 8;
    private static final int EVENT_LENGTH = PACKED ? 12 : 16;

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int CLOSED = -1;

    private final int maxEvents;
    private final NativeMemory memory;
    private final ByteBuffer events;
    private final NativeMemory control = NativeMemory.allocate(EVENT_LENGTH);
    private int fd;
    private int readyCount;

    public Epoll() throws NativeException {
        this(DEFAULT_MAX_EVENTS);
    }

    /** @param maxEvents that one {@link #await} reports; what is over waits for the next */
    public Epoll(int maxEvents) throws NativeException {
        this.maxEvents = maxEvents;
        memory = NativeMemory.allocate(Math.multiplyExact(maxEvents, EVENT_LENGTH));
        events = memory.buffer();
        fd = LIBC.epoll_create1(SocketCalls.EPOLL_CLOEXEC);
        if (fd < 0) {
            throw NativeException.last("epoll_create1");
        }
    }

    /** @param token comes back with every event of the descriptor */
    public void add(int descriptor, int interest, int token) throws NativeException {
        control(SocketCalls.EPOLL_CTL_ADD, descriptor, interest, token);
    }

    public void modify(int descriptor, int interest, int token) throws NativeException {
        control(SocketCalls.EPOLL_CTL_MOD, descriptor, interest, token);
    }

    public void remove(int descriptor) throws NativeException {
        control(SocketCalls.EPOLL_CTL_DEL, descriptor, 0, 0);
    }

    /**
     * @param timeoutMs 0 returns at once, -1 waits for ever
     * @return events that {@link #token} and {@link #events} tell about; 0 after the time, or early after a signal
     */
    public int await(int timeoutMs) throws NativeException {
        readyCount = 0;
        int count = LIBC.epoll_wait(fd, memory.address(), maxEvents, timeoutMs);
        if (count < 0) {
            if (Libc.errno() != Errno.EINTR) {
                throw NativeException.last("epoll_wait");
            }
            return 0;
        }
        readyCount = count;
        return count;
    }

    /** @param index 0 to what {@link #await} returned, exclusive */
    public int token(int index) {
        return events.getInt(Objects.checkIndex(index, readyCount) * EVENT_LENGTH + DATA_OFFSET);
    }

    /** Bits of {@link #READABLE}, {@link #WRITABLE}, {@link #HANGUP}. */
    public int events(int index) {
        return events.getInt(Objects.checkIndex(index, readyCount) * EVENT_LENGTH);
    }

    @Override
    public void close() throws NativeException {
        int descriptor = fd;
        fd = CLOSED;
        if (descriptor != CLOSED && LIBC.close(descriptor) < 0) {
            throw NativeException.last("close");
        }
    }

    private void control(int operation, int descriptor, int interest, int token) throws NativeException {
        control.buffer().putInt(0, interest).putInt(DATA_OFFSET, token);
        if (LIBC.epoll_ctl(fd, operation, descriptor, control.address()) < 0) {
            throw NativeException.last("epoll_ctl");
        }
    }
}
