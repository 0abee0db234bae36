package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.socket.Connection;
import io.varve.shim.socket.Epoll;
import io.varve.shim.socket.FileSender;
import io.varve.shim.socket.Listener;
import io.varve.shim.socket.NativeSocket;
import io.varve.shim.socket.SendQueue;
import io.varve.shim.socket.WakeUp;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A call on the path of a request leaves nothing to the collector, also when its answer is "not now". */
class AllocationTest {

    private static final int CALLS = 5_000;

    @TempDir
    private Path directory;

    private final NativeMemory memory = NativeMemory.allocate(4096);
    private final IoVector vector = new IoVector(1);
    private final SendQueue sendQueue = new SendQueue();

    @Test
    void shouldNotAllocateOnSocketsEpollAndWakeUp() throws Exception {
        vector.set(0, memory.address(), 512);
        Path path = directory.resolve("s");
        try (Listener listener = Listener.unix(path);
                Connection client = Connection.connectUnix(path);
                Connection server = listener.accept();
                WakeUp wakeUp = new WakeUp();
                Epoll epoll = new Epoll()) {
            epoll.add(server.fd(), Epoll.READABLE, 1);
            epoll.add(wakeUp.fd(), Epoll.READABLE, 2);
            assertNoAllocation(() -> {
                NativeSocket.recv(server.fd(), memory.address(), 512);
                epoll.await(0);
                NativeSocket.send(client.fd(), memory.address(), 512);
                sendQueue.length(client.fd());
                NativeSocket.writev(client.fd(), vector.address(), 1);
                wakeUp.signal();
                int ready = epoll.await(0);
                for (int i = 0; i < ready; i++) {
                    memory.buffer().putInt(0, epoll.token(i) + epoll.events(i));
                }
                wakeUp.drain();
                NativeSocket.recv(server.fd(), memory.address(), 4096);
            });
        }
    }

    @Test
    void shouldNotAllocateOnFiles() throws Exception {
        vector.set(0, memory.address(), 4096);
        int fd = NativeFile.open(directory.resolve("f").toString(), NativeFile.O_RDWR | NativeFile.O_CREAT, 0600);
        assertNoAllocation(() -> {
            NativeFile.pwrite(fd, memory.address(), 4096, 0);
            NativeFile.preadNoWait(fd, vector.address(), 0);
            NativeFile.pread(fd, memory.address(), 4096, 0);
        });
        assertNoAllocationOfFileSender(fd);
        NativeFile.close(fd);
    }

    private void assertNoAllocationOfFileSender(int file) throws Exception {
        FileSender sender = new FileSender();
        Path path = directory.resolve("t");
        try (Listener listener = Listener.unix(path);
                Connection client = Connection.connectUnix(path);
                Connection server = listener.accept()) {
            assertNoAllocation(() -> {
                sender.send(client.fd(), file, 0, 4096);
                NativeSocket.recv(server.fd(), memory.address(), 4096);
            });
        }
    }

    @Test
    void shouldSeeAnAllocation() throws Exception {
        assertThat(allocatedBy(() -> vector.set(0, NativeMemory.allocate(8).address(), 8))).isPositive();
    }

    private static void assertNoAllocation(Calls calls) throws Exception {
        // Loading classes and linking call sites allocates once; what allocates per call does so for ever.
        allocatedBy(calls);
        assertThat(allocatedBy(calls)).isLessThan(CALLS);
    }

    /** @return bytes for {@link #CALLS} rounds; below one byte per round is none per call */
    private static long allocatedBy(Calls calls) throws Exception {
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getThreadAllocatedBytes(Thread.currentThread().getId());
        for (int i = 0; i < CALLS; i++) {
            calls.run();
        }
        return thread.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    }

    @FunctionalInterface
    private interface Calls {
        void run() throws Exception;
    }
}
