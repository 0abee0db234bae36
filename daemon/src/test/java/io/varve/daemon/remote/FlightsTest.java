package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.remote.Origin.Urgency;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class FlightsTest {

    private final Set<Integer> ready = ConcurrentHashMap.newKeySet();
    private final AheadGate gate = new AheadGate(1);

    private Flights flights(IntPredicate isReady) {
        return new Flights(isReady, new FetchBuffers(), gate);
    }

    @Test
    void shouldClaimWhatIsMissing() {
        Flights flights = flights(ready::contains);
        ready.add(3);
        Fetch fetch = flights.claim(1, 5, Urgency.DEMAND);

        assertThat(fetch.flights()).extracting(Flight::chunk).containsExactly(1, 2, 4, 5);
        assertThat(flights.claim(1, 1, Urgency.DEMAND)).isNull();
        assertThat(flights.claim(3, 3, Urgency.DEMAND)).isNull();
        assertThat(flights.claim(0, 9, Urgency.DEMAND).flights()).extracting(Flight::chunk).containsExactly(0);
        assertThat(flights.of(3)).isNull();
        assertThat(flights.of(4).fetch()).isSameAs(fetch);
    }

    @Test
    void shouldClaimAsMuchAsIsGood() {
        Flights flights = flights(ready::contains);

        assertThat(flights.claim(0, 10_000, Urgency.DEMAND).flights()).hasSize((4 << 20) >> 16);
        assertThat(flights.claim(1000, 10_000, Urgency.AHEAD).flights()).hasSize((16 << 20) >> 16);
    }

    @Test
    void shouldNotClaimWhatCameMeanwhile() {
        int[] questions = new int[1];
        Flights flights = flights(chunk -> chunk == 1 && questions[0]++ % 2 == 1);

        assertThat(flights.claim(1, 3, Urgency.DEMAND)).isNull();
        assertThat(flights.of(1)).isNull();
        assertThat(flights.claim(0, 3, Urgency.DEMAND).flights()).extracting(Flight::chunk).containsExactly(0);
        assertThat(flights.of(1)).isNull();
    }

    @Test
    void shouldBeOvertakenOnce() {
        Flights flights = flights(ready::contains);
        Flight slow = flights.claim(1, 2, Urgency.AHEAD).flights().get(0);
        Fetch faster = flights.overtake(slow);

        assertThat(faster.begun()).isEqualTo(Urgency.DEMAND);
        assertThat(flights.of(1).fetch()).isSameAs(faster);
        assertThat(flights.overtake(slow)).isNull();
        flights.remove(slow);
        assertThat(flights.of(1).fetch()).isSameAs(faster);
    }

    @Test
    void shouldGiveABufferBackWhenTheLastOneLeaves() {
        FetchBuffers buffers = new FetchBuffers();
        Fetch fetch = new Fetch(buffers, gate, Urgency.DEMAND);
        fetch.takeBuffer(100_000);
        assertThat(fetch.join()).isTrue();
        fetch.leave();
        assertThat(buffers.retained()).isZero();
        fetch.leave();
        assertThat(buffers.retained()).isEqualTo(131_072);
        assertThat(fetch.join()).isFalse();
        assertThat(buffers.take(131_072)).isSameAs(fetch.buffer());
        assertThat(buffers.retained()).isZero();
    }

    @Test
    void shouldRetainBuffersUpToALimit() {
        FetchBuffers buffers = new FetchBuffers();
        for (int i = 0; i < 5; i++) {
            buffers.give(new FetchBuffers().take(FetchBuffers.MAX_LENGTH));
        }
        assertThat(buffers.retained()).isEqualTo(2L * FetchBuffers.MAX_LENGTH);
        assertThat(buffers.take(1).capacity()).isEqualTo(65_536);
        assertThat(buffers.take(65_537).capacity()).isEqualTo(131_072);
        assertThat(buffers.take(FetchBuffers.MAX_LENGTH).capacity()).isEqualTo(FetchBuffers.MAX_LENGTH);
    }
}
