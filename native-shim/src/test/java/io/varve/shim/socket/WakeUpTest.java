package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WakeUpTest {

    @Test
    void shouldWakeAThreadThatWaits() throws Exception {
        try (WakeUp wakeUp = new WakeUp();
                Epoll epoll = new Epoll()) {
            epoll.add(wakeUp.fd(), Epoll.READABLE, 3);
            Thread other = new Thread(wakeUp::signal);
            other.start();

            assertThat(epoll.await(10_000)).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(3);
            other.join();
        }
    }

    @Test
    void shouldFoldSignalsUntilDrained() throws Exception {
        try (WakeUp wakeUp = new WakeUp();
                Epoll epoll = new Epoll()) {
            epoll.add(wakeUp.fd(), Epoll.READABLE, 0);
            wakeUp.signal();
            wakeUp.signal();
            wakeUp.drain();
            assertThat(epoll.await(0)).isZero();

            wakeUp.drain();
            wakeUp.signal();
            assertThat(epoll.await(0)).isEqualTo(1);
        }
    }

    @Test
    void shouldLoseNoSignal() throws Exception {
        int items = 100_000;
        AtomicInteger queue = new AtomicInteger();
        try (WakeUp wakeUp = new WakeUp();
                Epoll epoll = new Epoll()) {
            epoll.add(wakeUp.fd(), Epoll.READABLE, 0);
            Thread producer = new Thread(() -> {
                for (int i = 0; i < items; i++) {
                    queue.incrementAndGet();
                    wakeUp.signal();
                }
            });
            producer.start();
            int taken = 0;
            while (taken < items) {
                // A lost signal would leave items in the queue with nobody to wake for them: 0 after the time.
                assertThat(epoll.await(10_000)).as("after %d items", taken).isEqualTo(1);
                wakeUp.drain();
                taken += queue.getAndSet(0);
            }
            producer.join();
            assertThat(taken).isEqualTo(items);
        }
    }

    @Test
    void shouldRefuseItsDescriptorAfterClose() throws Exception {
        WakeUp wakeUp = new WakeUp();
        wakeUp.close();

        assertThatIllegalStateException().isThrownBy(wakeUp::fd);
        assertThatIllegalStateException().isThrownBy(wakeUp::drain);
    }
}
