package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.remote.Mirror.Grant;
import io.varve.daemon.remote.Mirror.Reason;
import io.varve.daemon.remote.MirrorCounts.State;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a mirror is asked, and when it is left alone. */
class MirrorTest {

    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final OriginException DEAD = new OriginException(Kind.UNAVAILABLE, "dead", null);

    private boolean alone;
    private final Mirror mirror = new Mirror(new FakeOrigin("m", 4096, 1, new VirtualTime()), () -> alone);
    private long nowNs = 1000;

    private void fail(OriginException failure) {
        Grant grant = mirror.begin(nowNs, Reason.FIRST);
        assertThat(grant).isNotEqualTo(Grant.NO);
        mirror.failed(nowNs, grant, failure);
    }

    private void succeed(long durationNs) {
        assertThat(mirror.begin(nowNs, Reason.FIRST)).isNotEqualTo(Grant.NO);
        mirror.succeeded(nowNs + durationNs, nowNs, 1, Urgency.DEMAND);
    }

    @Test
    void shouldLetOneRequestTryAfterARestThatDoubles() {
        fail(DEAD);
        assertThat(mirror.isWell(nowNs)).isTrue();
        fail(DEAD);
        for (long seconds : new long[] {5, 10, 20, 40, 60, 60}) {
            assertThat(mirror.readyNs(nowNs)).isEqualTo(nowNs + seconds * SECOND_NS);
            nowNs += seconds * SECOND_NS - 1;
            assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.NO);
            nowNs++;
            assertThat(mirror.isWell(nowNs)).isFalse();
            assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.TRIAL);
            assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.NO);
            mirror.failed(nowNs, Grant.TRIAL, DEAD);
        }
        nowNs += 60 * SECOND_NS;
        succeed(1);
        assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.YES);
        // One failure more is not too many at once.
        mirror.failed(nowNs, Grant.YES, DEAD);
        assertThat(mirror.isWell(nowNs)).isTrue();
        fail(DEAD);
        assertThat(mirror.readyNs(nowNs)).isEqualTo(nowNs + 5 * SECOND_NS);
    }

    @Test
    void shouldRestLaterAndShorterIfNobodyStandsInForIt() {
        alone = true;
        for (int failures = 1; failures < 7; failures++) {
            fail(DEAD);
            assertThat(mirror.isWell(nowNs)).as("after %d failures", failures).isTrue();
        }
        assertThat(mirror.counts(nowNs).state()).isEqualTo(State.WELL);
        fail(DEAD);
        assertThat(mirror.isWell(nowNs)).isFalse();
        assertThat(mirror.counts(nowNs).state()).isEqualTo(State.RESTS);
        for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            assertThat(mirror.readyNs(nowNs)).isEqualTo(nowNs + seconds * SECOND_NS);
            nowNs += seconds * SECOND_NS;
            fail(DEAD);
        }
    }

    @Test
    void shouldNotTakeALateFailureForThatOfTheTrial() {
        Grant early = mirror.begin(nowNs, Reason.FIRST);
        fail(DEAD);
        fail(DEAD);
        nowNs += 5 * SECOND_NS;
        assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.TRIAL);
        mirror.failed(nowNs, early, DEAD);
        assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.NO);
        mirror.abandoned(nowNs, nowNs, Grant.TRIAL);
        assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.TRIAL);
    }

    @Test
    void shouldHoldABusyOneWithoutBlame() {
        fail(new OriginException(Kind.BUSY, "busy", 3000, null));
        failLate(new OriginException(Kind.BUSY, "busy", 1000, null));
        assertThat(mirror.isBusy(nowNs)).isTrue();
        assertThat(mirror.counts(nowNs).state()).isEqualTo(State.BUSY);
        assertThat(mirror.readyNs(nowNs)).isEqualTo(nowNs + 3 * SECOND_NS);
        nowNs += 3 * SECOND_NS;
        assertThat(mirror.isWell(nowNs)).isTrue();
        fail(new OriginException(Kind.BUSY, "busy", null));
        assertThat(mirror.readyNs(nowNs)).isEqualTo(nowNs + SECOND_NS);
    }

    /** Of a request that began before it was held. */
    private void failLate(OriginException failure) {
        mirror.failed(nowNs, Grant.YES, failure);
    }

    @Test
    void shouldNeverBeAskedAgainOnceItsDiskIsAnother() {
        fail(new OriginException(Kind.CHANGED, "changed", null));
        nowNs += 1_000_000 * SECOND_NS;
        assertThat(mirror.readyNs(nowNs)).isEqualTo(Mirror.NEVER);
        assertThat(mirror.begin(nowNs, Reason.FIRST)).isEqualTo(Grant.NO);
        assertThat(mirror.counts(nowNs).state()).isEqualTo(State.OUT);
    }

    @Test
    void shouldCostMoreTheSlowerTheBusierAndTheWorseItIs() {
        double unknown = mirror.cost(nowNs);
        succeed(SECOND_NS / 10);
        double once = mirror.cost(nowNs);
        assertThat(once).isGreaterThan(unknown);
        mirror.begin(nowNs, Reason.HEDGE);
        assertThat(mirror.cost(nowNs)).isGreaterThan(once);
        // At least so slow as it was when another one won.
        mirror.abandoned(nowNs + SECOND_NS, nowNs, Grant.YES);
        double slow = mirror.cost(nowNs + SECOND_NS);
        assertThat(slow).isGreaterThan(once);
        nowNs += SECOND_NS;
        fail(DEAD);
        assertThat(mirror.cost(nowNs)).isGreaterThan(slow);
        nowNs += 600 * SECOND_NS;
        assertThat(mirror.cost(nowNs)).isLessThan(once);
        assertThat(mirror.counts(nowNs).extra().hedges()).isEqualTo(1);
    }

    @Test
    void shouldKnowThePercentileOfTheLastReads() {
        LatencyWindow window = new LatencyWindow();
        for (int i = 1; i < 20; i++) {
            window.add(i);
            assertThat(window.p95Ns()).isZero();
        }
        window.add(20);
        assertThat(window.p95Ns()).isEqualTo(19);
        for (int i = 0; i < 64; i++) {
            window.add(i < 3 ? 1000 : 7);
        }
        assertThat(window.p95Ns()).isEqualTo(7);
        window.add(2000);
        // The oldest one, slow itself, is forgotten for it.
        assertThat(window.p95Ns()).isEqualTo(7);
    }

    @Test
    void shouldSpendWhatWasEarnedAndALittleMore() {
        RequestBudget budget = new RequestBudget(0.1, 1, 3, 1, nowNs);
        assertThat(budget.spend(nowNs)).isTrue();
        assertThat(budget.spend(nowNs)).isFalse();
        for (int i = 0; i < 9; i++) {
            budget.earn();
        }
        assertThat(budget.spend(nowNs)).isFalse();
        budget.earn();
        assertThat(budget.spend(nowNs)).isTrue();
        assertThat(budget.spend(nowNs + SECOND_NS)).isTrue();
        assertThat(budget.spend(nowNs + SECOND_NS)).isFalse();
        nowNs += SECOND_NS + SECOND_NS / 4;
        assertThat(budget.readyNs(nowNs) - nowNs).isBetween(SECOND_NS * 3 / 4 - 1, SECOND_NS * 3 / 4 + 1);
        assertThat(budget.spend(nowNs + SECOND_NS * 3 / 4 - 1000)).isFalse();
        assertThat(budget.spend(nowNs + SECOND_NS * 3 / 4)).isTrue();
        nowNs += 100 * SECOND_NS;
        for (int i = 0; i < 3; i++) {
            assertThat(budget.readyNs(nowNs)).isEqualTo(nowNs);
            assertThat(budget.spend(nowNs)).isTrue();
        }
        assertThat(budget.spend(nowNs)).isFalse();
    }
}
