package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.NativeMemory;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EpollTest {

    @TempDir
    private Path directory;

    private final NativeMemory memory = NativeMemory.allocate(64);
    private Epoll epoll;
    private Listener listener;
    private Connection client;
    private Connection server;

    @BeforeEach
    void connect() throws Exception {
        Path path = directory.resolve("s");
        epoll = new Epoll(4);
        listener = Listener.unix(path);
        client = Connection.connectUnix(path);
        server = listener.accept();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        server.close();
        listener.close();
        epoll.close();
    }

    @Test
    void shouldReportUntilWhatIsReadyIsTaken() throws Exception {
        epoll.add(server.fd(), Epoll.READABLE, -5);
        assertThat(epoll.await(0)).isZero();
        NativeSocket.send(client.fd(), memory.address(), 8);

        for (int i = 0; i < 2; i++) {
            assertThat(epoll.await(10_000)).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(-5);
            assertThat(epoll.events(0)).isEqualTo(Epoll.READABLE);
        }
        NativeSocket.recv(server.fd(), memory.address(), 64);
        assertThat(epoll.await(0)).isZero();
    }

    @Test
    void shouldChangeWhatIsWaitedFor() throws Exception {
        epoll.add(server.fd(), Epoll.READABLE, 1);
        epoll.modify(server.fd(), Epoll.READABLE | Epoll.WRITABLE, 2);

        assertThat(epoll.await(10_000)).isEqualTo(1);
        assertThat(epoll.token(0)).isEqualTo(2);
        assertThat(epoll.events(0)).isEqualTo(Epoll.WRITABLE);

        epoll.remove(server.fd());
        assertThat(epoll.await(0)).isZero();
    }

    @Test
    void shouldReportAHangup() throws Exception {
        epoll.add(server.fd(), 0, 1);
        client.close();

        assertThat(epoll.await(10_000)).isEqualTo(1);
        assertThat(epoll.events(0) & Epoll.HANGUP).isNotZero();
    }

    @Test
    void shouldKeepTokensOfManyDescriptorsApart() throws Exception {
        WakeUp[] wakeUps = new WakeUp[10];
        try {
            for (int i = 0; i < wakeUps.length; i++) {
                wakeUps[i] = new WakeUp();
                epoll.add(wakeUps[i].fd(), Epoll.READABLE, 1000 + i);
                wakeUps[i].signal();
            }
            Set<Integer> seen = new HashSet<>();
            while (seen.size() < wakeUps.length) {
                int count = epoll.await(10_000);
                assertThat(count).isBetween(1, 4);
                for (int i = 0; i < count; i++) {
                    wakeUps[epoll.token(i) - 1000].drain();
                    assertThat(seen.add(epoll.token(i))).isTrue();
                }
            }
            assertThat(epoll.await(0)).isZero();
        } finally {
            for (WakeUp each : wakeUps) {
                each.close();
            }
        }
    }

    @Test
    void shouldTellOnlyOfWhatWasReported() throws Exception {
        epoll.add(server.fd(), Epoll.WRITABLE, 1);
        assertThat(epoll.await(0)).isEqualTo(1);

        assertThatThrownBy(() -> epoll.token(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> epoll.events(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldFailAfterClose() throws Exception {
        epoll.close();
        epoll.close();

        NativeException e = catchThrowableOfType(NativeException.class, () -> epoll.await(0));

        assertThat(e.errno()).isEqualTo(Errno.EBADF);
    }

    @Test
    void shouldTellMistakesOfTheCaller() {
        NativeException e = catchThrowableOfType(NativeException.class, () -> epoll.remove(server.fd()));

        assertThat(e.call()).isEqualTo("epoll_ctl");
        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
    }
}
