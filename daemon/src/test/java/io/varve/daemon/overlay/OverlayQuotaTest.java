package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many pages an overlay may hold, and that it knows how many it holds. */
class OverlayQuotaTest {

    private static final int PAGES = 40;

    private final OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);

    private long held() {
        assertThat(harness.overlay().use().heldLength())
                .isEqualTo(Pages.offset(harness.overlay().info().presentPages()));
        return Pages.index(harness.overlay().use().heldLength());
    }

    @Test
    void shouldRefuseWhatExceedsTheQuotaAndChangeNothing() throws IOException {
        harness.open();
        harness.overlay().limit(Pages.offset(5) + 4095);
        assertThat(harness.overlay().use().quotaLength()).isEqualTo(Pages.offset(5));
        harness.write(0, 4);
        List<SimCall> calls = new ArrayList<>();
        harness.disk().hook(calls::add);

        assertThatThrownBy(() -> harness.write(3, 3)).isInstanceOf(NoSpaceException.class)
                .hasMessageContaining(OverlayHarness.DIRECTORY.toString()).hasMessageContaining("quota");
        assertThatThrownBy(() -> harness.allocateZeros(30, 2)).isInstanceOf(NoSpaceException.class);

        assertThat(calls).isEmpty();
        assertThat(held()).isEqualTo(4);
        assertThat(harness.overlay().failed()).isFalse();
        harness.write(3, 2);
        harness.write(0, 5);
        assertThat(held()).isEqualTo(5);
        assertThat(harness.commitNow()).isNull();
    }

    @Test
    void shouldGiveBackWhatIsZeroed() throws IOException {
        harness.open();
        harness.overlay().limit(Pages.offset(5));
        harness.write(0, 5);
        harness.zero(1, 20);
        assertThat(held()).isOne();
        harness.write(10, 4);
        assertThatThrownBy(() -> harness.write(20, 1)).isInstanceOf(NoSpaceException.class);
        harness.zero(10, 1);
        harness.allocateZeros(20, 1);
        assertThat(held()).isEqualTo(5);
    }

    @Test
    void shouldCountExactlyOverManyLives() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            OverlayHarness lives = new OverlayHarness(new SimFileSpace(), PAGES);
            for (int life = 0; life < 4; life++) {
                lives.open();
                lives.overlay().limit(Pages.offset(15));
                for (int step = 0; step < 30; step++) {
                    change(lives, random);
                    long present = lives.overlay().info().presentPages();
                    assertThat(lives.overlay().use().heldLength()).as("seed %d", seed)
                            .isEqualTo(Pages.offset(present));
                    assertThat(present).as("seed %d", seed).isLessThanOrEqualTo(15);
                }
                lives.restart(lives.disk().crash(Chooser.random(random)));
            }
        }
    }

    private static void change(OverlayHarness lives, Random random) throws IOException {
        int page = random.nextInt(PAGES - 6);
        int count = 1 + random.nextInt(6);
        try {
            switch (random.nextInt(5)) {
                case 0 -> lives.zero(page, count);
                case 1 -> lives.allocateZeros(page, count);
                case 2 -> lives.commitNow();
                default -> lives.write(page, count);
            }
        } catch (NoSpaceException e) {
            assertThat(lives.overlay().failed()).isFalse();
        }
    }

    @Test
    void shouldOnlyStopToGrowWhereTheQuotaCameLater() throws IOException {
        harness.open();
        harness.write(0, 6);
        harness.close();
        harness.open();
        harness.overlay().limit(Pages.offset(2));
        assertThat(held()).isEqualTo(6);
        harness.write(0, 6);
        assertThatThrownBy(() -> harness.write(7, 1)).isInstanceOf(NoSpaceException.class);
        harness.zero(0, 5);
        harness.write(7, 1);
        assertThat(held()).isEqualTo(2);
    }
}
