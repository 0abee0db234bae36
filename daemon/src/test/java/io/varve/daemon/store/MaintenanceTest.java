package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.layer.LayerUse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MaintenanceTest {

    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(1);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private TestStore made;
    private StoreDirectory directory;
    private long nowNs;

    @BeforeEach
    void create() throws IOException {
        made = TestStore.create();
        made.image("disk", null, 6, 40 * Pages.PAGE_SIZE, new Random(1));
        directory = new StoreDirectory(
                made.store, List.of(), OverlayPolicy.of(OverlayMode.PERSISTENT), boots, workers, counters);
    }

    @AfterEach
    void close() {
        directory.close();
        boots.close();
        workers.close();
    }

    private int layerCount() throws IOException {
        return made.store.image(ImageName.parse("disk")).chain().size();
    }

    @Test
    void shouldTryAgainAfterAWhileWhatFailed() throws IOException {
        try (Maintenance maintenance =
                new Maintenance(made.store, directory, new UpkeepPolicy(0, 4, 0, false), () -> nowNs)) {
            int[] attempts = new int[1];
            made.space.hook(call -> {
                if (call.kind() == SimCall.Kind.WRITE) {
                    attempts[0]++;
                    throw new NoSpaceException("the disk is full", null);
                }
            });
            maintenance.run();
            nowNs += TimeUnit.MINUTES.toNanos(9);
            maintenance.run();
            assertThat(attempts[0]).isEqualTo(1);
            assertThat(layerCount()).isEqualTo(6);

            made.space.hook(call -> { });
            maintenance.run();
            assertThat(layerCount()).isEqualTo(6);
            nowNs += TimeUnit.MINUTES.toNanos(1);
            maintenance.run();
            assertThat(layerCount()).isEqualTo(1);
            made.check("after maintenance");
        }
    }

    @Test
    void shouldGiveBackWhatAMergeThatWasCutShortHadLeft() throws IOException {
        try (Maintenance killed = new Maintenance(
                made.store, directory, new UpkeepPolicy(0, 4, 0, false), () -> nowNs)) {
            made.space.hook(call -> {
                // The pages that are seen are copied into a blob of their own, after the layers were replaced.
                if (call.kind() == SimCall.Kind.WRITE && layerCount() == 1) {
                    throw new InterruptedIOException("the daemon ends");
                }
            });
            assertThatThrownBy(killed::run).isInstanceOf(InterruptedIOException.class);
        }
        // The next daemon's thread is another one.
        Thread.interrupted();
        made.space.hook(call -> { });
        assertThat(layerCount()).isEqualTo(1);
        assertThat(isSparse()).isTrue();

        try (Maintenance next = new Maintenance(made.store, directory, new UpkeepPolicy(0, 4, 0, false), () -> nowNs)) {
            next.run();
            assertThat(layerCount()).isEqualTo(1);
            assertThat(isSparse()).isFalse();
            made.check("after maintenance");
        }
    }

    private boolean isSparse() throws IOException {
        return LayerUse.of(made.space, made.store.layout().layers(),
                made.store.image(ImageName.parse("disk")).chain().get(0)).sparse();
    }
}
