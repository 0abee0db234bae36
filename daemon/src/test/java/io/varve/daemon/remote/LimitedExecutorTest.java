package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class LimitedExecutorTest {

    private final Queue<Runnable> threads = new ArrayDeque<>();
    private final List<Integer> done = new ArrayList<>();
    private boolean full;
    private final LimitedExecutor limited = new LimitedExecutor(this::start, 2);

    private void start(Runnable task) {
        if (full) {
            throw new RejectedExecutionException();
        }
        threads.add(task);
    }

    @Test
    void shouldUseOnlyAFewThreads() {
        for (int i = 0; i < 5; i++) {
            int number = i;
            limited.execute(() -> done.add(number));
        }
        assertThat(threads).hasSize(2);
        threads.remove().run();
        assertThat(done).containsExactly(0, 2, 3, 4);
        threads.remove().run();
        assertThat(done).containsExactly(0, 2, 3, 4, 1);
        limited.execute(() -> done.add(5));
        limited.execute(() -> done.add(6));
        limited.execute(() -> done.add(7));
        assertThat(threads).hasSize(2);
    }

    @Test
    void shouldTakeATaskThatComesOutOfOne() {
        limited.execute(() -> limited.execute(() -> done.add(1)));
        while (!threads.isEmpty()) {
            threads.remove().run();
        }
        assertThat(done).containsExactly(1);
    }

    @Test
    void shouldGoOnAfterARefusalOrAFailure() {
        full = true;
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> limited.execute(() -> done.add(0)))
                    .isInstanceOf(RejectedExecutionException.class);
        }
        full = false;
        for (int i = 0; i < 3; i++) {
            limited.execute(() -> {
                throw new IllegalStateException("a defect");
            });
            assertThatThrownBy(() -> threads.remove().run()).hasMessage("a defect");
        }
        limited.execute(() -> done.add(1));
        threads.remove().run();
        assertThat(done).containsExactly(1);
    }
}
