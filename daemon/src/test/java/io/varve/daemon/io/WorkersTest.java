package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {

    private final List<String> log = new CopyOnWriteArrayList<>();

    @Test
    void shouldRunTasksOnItsOwnDaemonThreads() throws Exception {
        try (Workers workers = new Workers(2)) {
            CompletableFuture<Thread> ranOn = new CompletableFuture<>();
            workers.demandExecutor().execute(() -> ranOn.complete(Thread.currentThread()));

            assertThat(ranOn.get().getName()).matches("varve-worker-[01]");
            assertThat(ranOn.get().isDaemon()).isTrue();
        }
    }

    @Test
    void shouldRunDemandInOrderAndBeforeBackground() {
        CountDownLatch gate = new CountDownLatch(1);
        Workers workers = new Workers(1);
        workers.demand(() -> await(gate));
        workers.background(() -> log.add("background"));
        workers.demand(() -> log.add("first"));
        CountDownLatch backgroundRan = new CountDownLatch(1);
        workers.background(backgroundRan::countDown);
        workers.demand(() -> log.add("second"));

        gate.countDown();
        await(backgroundRan);
        workers.close();

        assertThat(log).containsExactly("first", "second", "background");
    }

    @Test
    void shouldKeepOneThreadAtMostBusyWithBackground() {
        Workers workers = new Workers(3);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        int count = 200;
        CountDownLatch done = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            workers.background(() -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                Thread.yield();
                running.decrementAndGet();
                done.countDown();
            });
        }
        await(done);
        workers.close();

        assertThat(most).hasValue(1);
    }

    @Test
    void shouldServeDemandWhileBackgroundRuns() {
        try (Workers workers = new Workers(2)) {
            CountDownLatch backgroundStarted = new CountDownLatch(1);
            CountDownLatch gate = new CountDownLatch(1);
            workers.background(() -> {
                backgroundStarted.countDown();
                await(gate);
            });
            await(backgroundStarted);
            CountDownLatch served = new CountDownLatch(1);
            workers.demand(served::countDown);

            await(served);
            gate.countDown();
        }
    }

    @Test
    void shouldMakeTheCallerWaitWhenDemandIsFull() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        Workers workers = new Workers(1, 2);
        workers.demand(() -> {
            started.countDown();
            await(gate);
        });
        await(started);
        workers.demand(() -> log.add("1"));
        workers.demand(() -> log.add("2"));
        assertThat(workers.backPressureCount()).isZero();
        AtomicBoolean returned = new AtomicBoolean();
        Thread caller = new Thread(() -> {
            workers.demand(() -> log.add("3"));
            returned.set(true);
        });
        caller.start();
        while (caller.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }

        assertThat(returned).isFalse();
        assertThat(workers.backPressureCount()).isEqualTo(1);
        gate.countDown();
        caller.join();
        workers.close();
        assertThat(returned).isTrue();
        assertThat(log).containsExactly("1", "2", "3");
    }

    @Test
    void shouldNotDeadlockWhenATaskMakesMoreThanThereIsRoomFor() {
        Workers workers = new Workers(1, 2);
        CountDownLatch done = new CountDownLatch(10);
        workers.demand(() -> {
            for (int i = 0; i < 10; i++) {
                workers.demand(done::countDown);
            }
        });

        await(done);
        workers.close();
    }

    @Test
    void shouldOutliveTasksThatFail() {
        Workers workers = new Workers(1);
        workers.demand(() -> {
            throw new IllegalStateException("a task of this test that fails on purpose");
        });
        workers.background(() -> {
            throw new AssertionError("a background task of this test that fails on purpose");
        });
        CountDownLatch after = new CountDownLatch(1);
        workers.background(after::countDown);

        await(after);
        workers.close();
    }

    @Test
    void shouldNotHandAnInterruptToTheNextTask() throws Exception {
        try (Workers workers = new Workers(1)) {
            workers.demand(() -> Thread.currentThread().interrupt());
            CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            workers.demand(() -> interrupted.complete(Thread.currentThread().isInterrupted()));

            assertThat(interrupted.get()).isFalse();
        }
    }

    @Test
    void shouldFinishDemandAndDropBackgroundOnClose() {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        Workers workers = new Workers(1);
        AtomicReference<Thread> worker = new AtomicReference<>();
        workers.demand(() -> {
            worker.set(Thread.currentThread());
            started.countDown();
            await(gate);
            // A commit in two steps: the second must not be lost.
            workers.demand(() -> log.add("second step"));
        });
        await(started);
        workers.demand(() -> log.add("queued"));
        workers.background(() -> log.add("background"));
        Thread closer = new Thread(workers::close);
        closer.start();
        while (closer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }

        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> workers.demand(() -> {}));
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> workers.background(() -> {}));
        gate.countDown();
        workers.close();

        assertThat(log).containsExactly("queued", "second step");
        assertThat(worker.get().isAlive()).isFalse();
    }

    @Test
    void shouldSendAwayWhoWaitsForRoomOnClose() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        Workers workers = new Workers(1, 1);
        workers.demand(() -> {
            started.countDown();
            await(gate);
        });
        await(started);
        workers.demand(() -> log.add("queued"));
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            try {
                workers.demand(() -> log.add("too late"));
                outcome.complete(null);
            } catch (RejectedExecutionException e) {
                outcome.complete(e);
            }
        });
        caller.start();
        while (caller.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        Thread closer = new Thread(workers::close);
        closer.start();

        assertThat(outcome.get()).isInstanceOf(RejectedExecutionException.class);
        gate.countDown();
        closer.join();
        assertThat(log).containsExactly("queued");
    }

    @Test
    void shouldRefuseToBeClosedByATask() throws Exception {
        try (Workers workers = new Workers(1)) {
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            workers.demand(() -> {
                try {
                    workers.close();
                    outcome.complete(null);
                } catch (IllegalStateException e) {
                    outcome.complete(e);
                }
            });

            assertThat(outcome.get()).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldNeedAThread() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Workers(0));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
