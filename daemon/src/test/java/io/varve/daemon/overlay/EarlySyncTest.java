package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EarlySyncTest {

    private final SimFileSpace space = new SimFileSpace();
    private final List<Thread> syncs = new ArrayList<>();
    private BlockFile file;

    @BeforeEach
    void watchSyncs() throws IOException {
        file = space.open(Path.of("/data"), OpenMode.CREATE_NEW);
        space.hook(call -> {
            if (call.kind() == SimCall.Kind.SYNC) {
                syncs.add(Thread.currentThread());
            }
        });
    }

    @Test
    void shouldSyncOnTheThreadThatHelps() throws Exception {
        List<Thread> helpers = new ArrayList<>();
        EarlySync early = EarlySync.begin(file, task -> {
            Thread helper = new Thread(task);
            helpers.add(helper);
            helper.start();
        });
        helpers.get(0).join();
        early.await();
        assertThat(syncs).isEqualTo(helpers);
    }

    /** Who helps may itself be waiting for a turn, behind others who wait for the same. */
    @Test
    void shouldSyncItselfWhatNobodyHasBegun() throws IOException {
        List<Runnable> queued = new ArrayList<>();
        EarlySync early = EarlySync.begin(file, queued::add);
        early.await();
        queued.forEach(Runnable::run);
        assertThat(syncs).containsExactly(Thread.currentThread());
    }

    @Test
    void shouldSyncItselfIfNobodyHelpsAnyMore() throws IOException {
        EarlySync.begin(file, task -> {
            throw new RejectedExecutionException("closed");
        }).await();
        assertThat(syncs).hasSize(1);
    }

    @Test
    void shouldTellWhatFailed() {
        space.hook(call -> {
            throw new IOException("the disk is gone");
        });
        EarlySync early = EarlySync.begin(file, Runnable::run);
        assertThatThrownBy(early::await).isInstanceOf(IOException.class).hasMessageContaining("the disk is gone");

        space.hook(call -> {
            throw new SimCrash("power");
        });
        EarlySync crashed = EarlySync.begin(file, Runnable::run);
        assertThatThrownBy(crashed::await).isInstanceOf(SimCrash.class);
    }

    @Test
    void shouldNotReturnBeforeTheEndWhenItIsInterrupted() throws IOException {
        Thread.currentThread().interrupt();
        EarlySync.begin(file, Runnable::run).await();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(syncs).hasSize(1);
    }
}
