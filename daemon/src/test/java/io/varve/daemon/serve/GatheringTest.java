package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GatheringTest {

    private static final int REPLY = 4096 + 28;
    /** The kernel's buffer for one such reply. */
    private static final int BUFFER = 9 * 1024;

    @Test
    void shouldNotHoldUpAClientThatHasReadEverything() {
        assertThat(Gathering.pauseNs(1, REPLY, 0)).isZero();
        assertThat(Gathering.pauseNs(1, 20, 0)).isZero();
    }

    @Test
    void shouldNotWaitWhenNothingIsHeld() {
        assertThat(Gathering.pauseNs(1, 0, 10_000_000)).isZero();
    }

    @Test
    void shouldNotHoldUpAClientWithFewRequests() {
        assertThat(Gathering.pauseNs(1, REPLY, BUFFER)).isZero();
        assertThat(Gathering.pauseNs(2, 2 * REPLY, 3 * BUFFER)).isZero();
    }

    @Test
    void shouldWaitWhileTheClientHasMuchToRead() {
        assertThat(Gathering.pauseNs(1, REPLY, 31 * BUFFER)).isBetween(8_000L, 20_000L);
        assertThat(Gathering.pauseNs(8, 8 * REPLY, 24 * BUFFER)).isPositive();
    }

    @Test
    void shouldWaitForWritesUntilAllIsRead() {
        assertThat(Gathering.pauseNs(4, 4 * 20, 768)).isPositive();
    }

    @Test
    void shouldSendAtTheLatestAfterSixteenRequestsOr64Kibibytes() {
        assertThat(Gathering.pauseNs(15, 15 * 20, 768)).isPositive();
        assertThat(Gathering.pauseNs(16, 16 * 20, 768)).isZero();
        assertThat(Gathering.pauseNs(2, 64 * 1024, 10_000_000)).isZero();
    }

    @Test
    void shouldWaitShorterForTheLastRequests() {
        assertThat(Gathering.pauseNs(15, 15 * 20, 768)).isLessThan(Gathering.pauseNs(1, 20, 768));
    }
}
