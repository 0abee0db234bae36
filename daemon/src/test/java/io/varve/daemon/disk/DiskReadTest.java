package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.CorruptDataException;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiskReadTest {

    private static final int PAGE = 4096;

    /** Pages 0..3 of blob 0, 4..5 zero, 6..7 of blob 1, 8..15 nothing. */
    private final FakeLayers layers = new FakeLayers(16, new Random(1))
            .blob(16)
            .blob(16)
            .data(0, 4, 0, 9)
            .zero(4, 2)
            .data(6, 2, 1, 3);
    private final DiskFixture fixture = open();

    private DiskFixture open() {
        try {
            return new DiskFixture(layers, 16 * PAGE);
        } catch (final IOException ex) {
            throw new AssertionError(ex);
        }
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldAnswerAtOnceWhatIsInMemory() {
        final TestReply reply = fixture.read(PAGE + 100, 6 * PAGE);
        assertThat(reply.done()).isTrue();
        assertThat(reply.parked()).isFalse();
        assertContent(reply, PAGE + 100);
        assertThat(fixture.count(Counter.CHAIN_BYTES)).isEqualTo(3 * PAGE - 100 + PAGE + 100);
        assertThat(fixture.count(Counter.ZERO_BYTES)).isEqualTo(2 * PAGE);
        assertThat(fixture.count(Counter.READS)).isEqualTo(1);
        assertThat(fixture.count(Counter.READ_BYTES)).isEqualTo(6 * PAGE);
        assertThat(fixture.count(Counter.PARKED)).isZero();
    }

    @Test
    void shouldSayThatAllIsZeroWithoutWritingIt() {
        fixture.trim(6 * PAGE, 2 * PAGE);
        final TestReply reply = fixture.read(4 * PAGE + 1, 9 * PAGE);
        assertThat(reply.zeroes()).isTrue();
        assertThat(fixture.count(Counter.ZERO_BYTES)).isEqualTo(9 * PAGE);
    }

    @Test
    void shouldParkOnceForEachColdRunAndGoOnBehindIt() {
        layers.residency(length -> 0);
        final TestReply reply = fixture.read(0, 16 * PAGE);
        assertThat(reply.done()).isFalse();
        assertThat(fixture.demand).hasSize(1);
        fixture.demand.remove(0).run();
        assertThat(reply.done()).as("nothing happens on a worker's thread").isFalse();
        fixture.owner.drain();
        assertThat(fixture.demand).hasSize(1);
        fixture.settle();
        assertContent(reply, 0);
        assertThat(fixture.count(Counter.PARKED)).isEqualTo(2);
        assertThat(fixture.count(Counter.CHAIN_BYTES)).as("each run is counted once").isEqualTo(6 * PAGE);
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(4 * PAGE);
    }

    @Test
    void shouldParkForTheRestOfAHalfColdRun() {
        final int[] calls = {0};
        layers.residency(length -> calls[0]++ == 0 ? 5000 : 0);
        final TestReply reply = fixture.read(10, 4 * PAGE - 10);
        fixture.settle();
        assertContent(reply, 10);
        assertThat(fixture.count(Counter.CHAIN_BYTES)).isEqualTo(4 * PAGE - 10);
        assertThat(layers.blobAt(0).bytesRead).as("no byte is read twice").isEqualTo(4 * PAGE - 10);
    }

    @Test
    void shouldNotHoldUpAWarmReadBehindAColdOne() {
        layers.blobAt(0).residency = length -> 0;
        final TestReply cold = fixture.read(0, PAGE);
        final TestReply warm = fixture.read(6 * PAGE, PAGE);
        assertThat(cold.done()).isFalse();
        assertContent(warm, 6 * PAGE);
        fixture.settle();
        assertContent(cold, 0);
    }

    @Test
    void shouldSendOnlySoManyToTheWorkersAtOnceAndKeepTheOrder() {
        layers.residency(length -> 0);
        final List<TestReply> replies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            replies.add(fixture.read(i, 1));
        }
        assertThat(fixture.demand).hasSize(WorkerDoor.MAX_AT_WORKERS);
        fixture.demand.remove(0).run();
        fixture.owner.drain();
        assertThat(replies.get(0).done()).isTrue();
        assertThat(fixture.demand).hasSize(WorkerDoor.MAX_AT_WORKERS);
        fixture.settle();
        assertThat(replies).allMatch(TestReply::done);
        assertContent(replies.get(99), 99);
        assertThat(fixture.count(Counter.PARKED)).isEqualTo(100);
    }

    @Test
    void shouldReadTheOverlayWhereItHasThePage() {
        final byte[] mine = new byte[PAGE];
        Arrays.fill(mine, (byte) 7);
        fixture.write(PAGE, mine, 0);
        final TestReply reply = fixture.read(0, 3 * PAGE);
        final byte[] expected = Arrays.copyOf(layers.content(), 3 * PAGE);
        System.arraycopy(mine, 0, expected, PAGE, PAGE);
        assertThat(reply.payload()).isEqualTo(expected);
        assertThat(fixture.count(Counter.OVERLAY_BYTES)).isEqualTo(PAGE);
    }

    @Test
    void shouldNameTheFileThatHoldsTheWholeRead() {
        layers.blobAt(0).sealedFile = 77;
        layers.blobAt(1).sealedFile = 78;
        final TestReply whole = fixture.read(PAGE + 100, 2 * PAGE);
        assertThat(whole.file()).isEqualTo(77);
        assertThat(whole.filePosition()).isEqualTo(10 * PAGE + 100);
        assertContent(whole, PAGE + 100);
        assertThat(fixture.read(6 * PAGE, 2 * PAGE).file()).isEqualTo(78);
    }

    @Test
    void shouldNameNoFileThatHoldsOnlyAPart() {
        layers.blobAt(0).sealedFile = 77;
        layers.blobAt(1).sealedFile = 78;
        assertThat(fixture.read(3 * PAGE, 2 * PAGE).file()).as("data and zeroes").isEqualTo(BlockSource.NO_FILE);
        assertThat(fixture.read(5 * PAGE, 2 * PAGE).file()).as("zeroes and data").isEqualTo(BlockSource.NO_FILE);
        fixture.write(PAGE, new byte[PAGE], 0);
        assertThat(fixture.read(0, 3 * PAGE).file()).as("the client wrote").isEqualTo(BlockSource.NO_FILE);
        assertThat(fixture.read(PAGE, PAGE).file()).as("the client's own").isEqualTo(BlockSource.NO_FILE);
        layers.residency(length -> Math.min(length, PAGE));
        final TestReply inPieces = fixture.read(2 * PAGE, 2 * PAGE);
        assertThat(inPieces.file()).as("came in two pieces").isEqualTo(BlockSource.NO_FILE);
        layers.residency(length -> 0);
        final TestReply cold = fixture.read(2 * PAGE, 2 * PAGE);
        fixture.settle();
        assertThat(cold.done()).isTrue();
        assertThat(cold.file()).as("was read by a worker").isEqualTo(BlockSource.NO_FILE);
    }

    @Test
    void shouldTellTheBootOfReadsFromTheChainOnly() {
        fixture.write(2 * PAGE, new byte[PAGE], 0);
        fixture.owner.nowNs = 55;
        fixture.read(PAGE + 4000, 8 * PAGE);
        layers.residency(length -> 0);
        fixture.read(0, 1);
        fixture.settle();
        assertThat(fixture.bootReads).containsExactly("1+1@55", "3+1@55", "6+2@55", "0+1@55");
    }

    @Test
    void shouldMakeEveryCauseEioAndTellThemApartInTheCounters() {
        layers.blobAt(0).failure = new IOException("the disk is gone");
        assertThat(fixture.read(0, PAGE).error()).isEqualTo(NbdError.EIO);
        layers.blobAt(0).failure = new CorruptDataException("blob", 0, "bad page");
        assertThat(fixture.read(0, 1).error()).isEqualTo(NbdError.EIO);
        assertThat(fixture.count(Counter.ERRORS_IO)).isEqualTo(1);
        assertThat(fixture.count(Counter.ERRORS_CORRUPT)).isEqualTo(1);
        assertThat(fixture.count(Counter.ERRORS_NO_SPACE)).isZero();
    }

    @Test
    void shouldFailAParkedReadWithoutHarmToTheNext() {
        layers.residency(length -> 0);
        final TestReply first = fixture.read(0, PAGE);
        layers.blobAt(0).failure = new IOException("bad sector");
        fixture.settle();
        assertThat(first.error()).isEqualTo(NbdError.EIO);
        layers.blobAt(0).failure = null;
        final TestReply second = fixture.read(0, PAGE);
        fixture.settle();
        assertContent(second, 0);
    }

    @Test
    void shouldFinishWithTheChainItBeganWith() {
        layers.residency(length -> 0);
        final TestReply before = fixture.read(0, 8 * PAGE);
        final FakeLayers other = new FakeLayers(16, new Random(2)).blob(16).data(0, 16, 0, 0);
        fixture.core.changeChain(fixture.core.chain(), other.snapshot());
        fixture.owner.drain();
        assertThat(layers.givenBackCount()).isZero();
        fixture.settle();
        assertThat(layers.givenBackCount()).isEqualTo(1);
        assertContent(before, 0);
        final TestReply after = fixture.read(0, 8 * PAGE);
        assertThat(after.payload()).isEqualTo(Arrays.copyOf(other.content(), 8 * PAGE));
    }

    @Test
    void shouldNotTakeAChainThatIsEqualToAnOlderOne() {
        final FakeLayers other = new FakeLayers(16, new Random(2)).blob(16).data(0, 16, 0, 0);
        final ChainSnapshot first = fixture.core.chain();
        fixture.core.changeChain(first, layers.snapshot());
        fixture.core.changeChain(first, other.snapshot());
        fixture.settle();
        assertThat(other.givenBackCount()).isEqualTo(1);
        assertContent(fixture.read(0, 8 * PAGE), 0);
    }

    private void assertContent(TestReply reply, int offset) {
        assertThat(reply.done()).isTrue();
        assertThat(reply.error()).isNull();
        final byte[] payload = reply.payload();
        assertThat(payload).isEqualTo(Arrays.copyOfRange(layers.content(), offset, offset + payload.length));
    }
}
