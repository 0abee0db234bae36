package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.remote.Origin.Urgency;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class FlightsTest {

    private final Set<Integer> ready = ConcurrentHashMap.newKeySet();
    private final AheadGate gate = new AheadGate(1);

    private Flights flights(IntPredicate isReady) {
        return new Flights(isReady, 10_000L * Chunks.CHUNK_SIZE - 5, new FetchBuffers(), gate);
    }

    @Test
    void shouldClaimWhatIsMissing() {
        Flights flights = flights(ready::contains);
        ready.add(3);
        Fetch fetch = flights.claim(1, 5, false);

        assertThat(fetch.flights()).extracting(Flight::chunk).containsExactly(1, 2, 4, 5);
        assertThat(fetch.pieces()).containsExactly(new Piece(Chunks.position(1), 0, 5 * Chunks.CHUNK_SIZE));
        assertThat(fetch.flights()).extracting(Flight::index)
                .containsExactly(0, Chunks.CHUNK_SIZE, 3 * Chunks.CHUNK_SIZE, 4 * Chunks.CHUNK_SIZE);
        assertThat(flights.claim(1, 1, false)).isNull();
        assertThat(flights.claim(3, 3, true)).isNull();
        assertThat(flights.claim(0, 9, true).flights()).extracting(Flight::chunk).containsExactly(0);
        assertThat(flights.of(3)).isNull();
        assertThat(flights.of(4).fetch()).isSameAs(fetch);
    }

    @Test
    void shouldClaimAsMuchAsIsGood() {
        Flights flights = flights(ready::contains);

        assertThat(flights.claim(0, 10_000, true).flights()).hasSize((4 << 20) / Chunks.CHUNK_SIZE);
        assertThat(flights.claim(9_998, 9_998, true).flights()).extracting(Flight::chunk)
                .containsExactly(9_996, 9_997, 9_998, 9_999);
        assertThat(flights.claim(9_993, 9_994, true).flights()).extracting(Flight::chunk)
                .containsExactly(9_992, 9_993, 9_994, 9_995);
        ready.add(9_988);
        assertThat(flights.claim(9_990, 9_990, true).flights()).extracting(Flight::chunk)
                .containsExactly(9_989, 9_990, 9_991);
    }

    @Test
    void shouldClaimAheadWhatIsMissing() {
        Flights flights = flights(ready::contains);
        ready.add(20);
        flights.claim(31, 31, false);
        Fetch fetch = flights.claimAhead(List.of(10, 11, 20, 30, 31, 32, 9_999));

        assertThat(fetch.flights()).extracting(Flight::chunk).containsExactly(10, 11, 30, 32, 9_999);
        assertThat(fetch.pieces()).containsExactly(
                new Piece(Chunks.position(10), 0, 2 * Chunks.CHUNK_SIZE),
                new Piece(Chunks.position(30), 2 * Chunks.CHUNK_SIZE, Chunks.CHUNK_SIZE),
                new Piece(Chunks.position(32), 3 * Chunks.CHUNK_SIZE, Chunks.CHUNK_SIZE),
                new Piece(Chunks.position(9_999), 4 * Chunks.CHUNK_SIZE, Chunks.CHUNK_SIZE - 5));
        assertThat(fetch.length()).isEqualTo(5 * Chunks.CHUNK_SIZE - 5);
        assertThat(flights.claimAhead(List.of(10, 20, 32))).isNull();
        assertThat(flights.isMissing(20) || flights.isMissing(30)).isFalse();
        assertThat(flights.isMissing(12)).isTrue();
    }

    @Test
    void shouldNotClaimWhatCameMeanwhile() {
        int[] questions = new int[1];
        Flights flights = flights(chunk -> chunk == 1 && questions[0]++ % 2 == 1);

        assertThat(flights.claim(1, 3, false)).isNull();
        assertThat(flights.of(1)).isNull();
        assertThat(flights.claim(0, 3, false).flights()).extracting(Flight::chunk).containsExactly(0);
        assertThat(flights.of(1)).isNull();
    }

    @Test
    void shouldBeOvertakenOnce() {
        Flights flights = flights(ready::contains);
        Flight slow = flights.claimAhead(List.of(1, 2)).flights().get(0);
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
        fetch.add(new Flight(3, fetch));
        fetch.add(new Flight(9, fetch));
        fetch.layOut(5, 100 * Chunks.CHUNK_SIZE);
        assertThat(fetch.length()).isEqualTo(7 * Chunks.CHUNK_SIZE);
        fetch.takeBuffer();
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
