package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GatheringTest {

    private static final int REPLY = 4096 + 28;
    /** The kernel's buffer for one such reply. */
    private static final int BUFFER = 9 * 1024;

    private final Gathering gathering = new Gathering();

    @Test
    void shouldNotHoldUpAClientThatHasReadEverything() {
        assertThat(gathering.pauseNs(1, REPLY, 0)).isZero();
        assertThat(gathering.pauseNs(1, 20, 0)).isZero();
    }

    @Test
    void shouldNotWaitWhenNothingIsHeld() {
        assertThat(gathering.pauseNs(1, 0, 10_000_000)).isZero();
    }

    @Test
    void shouldNotHoldUpAClientWithFewRequests() {
        assertThat(gathering.pauseNs(1, REPLY, BUFFER)).isZero();
        assertThat(gathering.pauseNs(2, 2 * REPLY, 3 * BUFFER)).isZero();
    }

    @Test
    void shouldWaitWhileTheClientHasMuchToRead() {
        assertThat(gathering.pauseNs(1, REPLY, 31 * BUFFER)).isBetween(8_000L, 20_000L);
        assertThat(gathering.pauseNs(8, 8 * REPLY, 24 * BUFFER)).isPositive();
    }

    @Test
    void shouldWaitForManyWritesUntilAllIsRead() {
        gathering.onTurn(Gathering.MAX_COUNT + 1);
        assertThat(gathering.pauseNs(4, 4 * 20, 768)).isPositive();
    }

    @Test
    void shouldNotWaitForWritesOfAClientThatHasFew() {
        gathering.onTurn(Gathering.MAX_COUNT);
        assertThat(gathering.pauseNs(4, 4 * 20, 768)).isZero();
    }

    @Test
    void shouldForgetThatAClientHadMany() {
        gathering.onTurn(Gathering.MAX_COUNT + 1);
        for (int i = 1; i < Gathering.DEEP_TURNS; i++) {
            gathering.onTurn(1);
        }
        assertThat(gathering.pauseNs(4, 4 * 20, 768)).isPositive();
        gathering.onTurn(1);
        assertThat(gathering.pauseNs(4, 4 * 20, 768)).isZero();
    }

    @Test
    void shouldSendAtTheLatestAfterSixteenRequestsOr64Kibibytes() {
        gathering.onTurn(Gathering.MAX_COUNT + 1);
        assertThat(gathering.pauseNs(15, 15 * 20, 768)).isPositive();
        assertThat(gathering.pauseNs(16, 16 * 20, 768)).isZero();
        assertThat(gathering.pauseNs(2, 64 * 1024, 10_000_000)).isZero();
    }

    @Test
    void shouldWaitShorterForTheLastRequests() {
        gathering.onTurn(Gathering.MAX_COUNT + 1);
        assertThat(gathering.pauseNs(15, 15 * 20, 768)).isLessThan(gathering.pauseNs(1, 20, 768));
    }
}
