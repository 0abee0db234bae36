package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.io.sim.SimCall;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiskWriteTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 64;
    private static final int SIZE = PAGES * PAGE - 1000;

    /** The first half is in the chain, the last page too, nothing is between. */
    private final FakeLayers layers = new FakeLayers(PAGES, new Random(3))
            .blob(PAGES)
            .data(0, 32, 0, 0)
            .data(PAGES - 1, 1, 0, 40);
    private final byte[] expected = Arrays.copyOf(layers.content(), SIZE);
    /** The first write makes the file, which is not what is looked at here. */
    private static final Set<SimCall.Kind> MAKING =
            EnumSet.of(SimCall.Kind.CREATE_DIRECTORY, SimCall.Kind.CREATE, SimCall.Kind.TRUNCATE);

    private final List<SimCall> calls = new ArrayList<>();
    private final DiskFixture fixture = open();

    private DiskFixture open() {
        try {
            final DiskFixture opened = new DiskFixture(layers, SIZE);
            opened.files.hook(call -> {
                if (!MAKING.contains(call.kind())) {
                    calls.add(call);
                }
            });
            return opened;
        } catch (final IOException ex) {
            throw new AssertionError(ex);
        }
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldWriteWholePagesInOneCallWithoutReadingTheChain() {
        write(3 * PAGE, bytes(5 * PAGE));
        assertThat(calls).hasSize(1);
        assertThat(layers.blobAt(0).bytesRead).isZero();
        assertDisk();
        assertThat(fixture.count(Counter.WRITES)).isEqualTo(1);
        assertThat(fixture.count(Counter.WRITE_BYTES)).isEqualTo(5 * PAGE);
    }

    @Test
    void shouldCompleteEdgesFromTheChainAndOverwriteThemTheNextTime() {
        write(PAGE + 100, bytes(3 * PAGE));
        assertThat(calls).hasSize(3);
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(2 * PAGE);
        write(PAGE + 50, bytes(60));
        assertThat(layers.blobAt(0).bytesRead).isEqualTo(2 * PAGE);
        assertThat(calls.get(3).length()).isEqualTo(60);
        assertDisk();
    }

    @Test
    void shouldNotReadTheChainForWhatCoversTheLastPage() {
        write((PAGES - 1) * PAGE, bytes(SIZE % PAGE));
        assertThat(layers.blobAt(0).bytesRead).isZero();
        assertDisk();
    }

    @Test
    void shouldMergeTwoParkedWritesOfOnePage() {
        layers.residency(length -> 0);
        final TestReply first = write(100, bytes(50));
        final TestReply second = write(200, bytes(50));
        assertThat(first.done() || second.done()).isFalse();
        fixture.demand.remove(1).run();
        fixture.demand.remove(0).run();
        fixture.owner.drain();
        assertThat(first.done() && second.done()).isTrue();
        assertDisk();
    }

    @Test
    void shouldNotBringBackWhatWasWrittenWhileItWaited() {
        layers.residency(length -> 0);
        final TestReply parked = write(100, bytes(50));
        final byte[] page = bytes(PAGE);
        fixture.write(0, page, 0);
        System.arraycopy(page, 0, expected, 0, 100);
        System.arraycopy(page, 150, expected, 150, PAGE - 150);
        fixture.settle();
        assertThat(parked.done()).isTrue();
        assertDisk();
    }

    @Test
    void shouldNotBringBackWhatWasTrimmedWhileItWaited() {
        layers.residency(length -> 0);
        final TestReply parked = write(100, bytes(50));
        fixture.trim(0, PAGE);
        Arrays.fill(expected, 0, 100, (byte) 0);
        Arrays.fill(expected, 150, PAGE, (byte) 0);
        fixture.settle();
        assertThat(parked.done()).isTrue();
        assertDisk();
    }

    @Test
    void shouldFailAParkedWriteWhoseBaseCannotBeReadAndChangeNothing() {
        layers.residency(length -> 0);
        layers.blobAt(0).failure = new IOException("bad sector");
        final TestReply reply = fixture.write(100, bytes(50), 0);
        fixture.settle();
        assertThat(reply.error()).isEqualTo(NbdError.EIO);
        layers.blobAt(0).failure = null;
        assertDisk();
    }

    @Test
    void shouldAnswerNoSpaceAndGoOn() {
        fixture.files.limitSpace(4);
        write(0, bytes(4 * PAGE));
        assertThat(fixture.write(8 * PAGE, bytes(PAGE), 0).error()).isEqualTo(NbdError.ENOSPC);
        assertThat(fixture.count(Counter.ERRORS_NO_SPACE)).isEqualTo(1);
        assertDisk();
        write(PAGE, bytes(PAGE));
        assertDisk();
    }

    @Test
    void shouldRefuseAWriteBeyondTheQuotaBeforeItsFirstStep() {
        fixture.overlay.limit(3L * PAGE);
        write(4 * PAGE, bytes(2 * PAGE));
        calls.clear();
        layers.residency(length -> 0);

        final TestReply straddling = fixture.write(PAGE + 100, bytes(PAGE), 0);
        assertThat(straddling.error()).isEqualTo(NbdError.ENOSPC);
        assertThat(fixture.zeroes(PAGE + 100, PAGE, 0).error()).isEqualTo(NbdError.ENOSPC);
        assertThat(fixture.zeroes(10 * PAGE, 2 * PAGE, NbdProtocol.CMD_FLAG_NO_HOLE).error())
                .isEqualTo(NbdError.ENOSPC);

        assertThat(calls).isEmpty();
        assertThat(fixture.overlay.use().heldLength()).isEqualTo(2 * PAGE);
        layers.residency(length -> length);
        assertDisk();
        assertThat(fixture.count(Counter.ERRORS_NO_SPACE)).isEqualTo(3);
    }

    @Test
    void shouldTakeInsideTheQuotaWhatWasGivenBack() {
        fixture.overlay.limit(3L * PAGE);
        write(4 * PAGE, bytes(3 * PAGE));
        write(4 * PAGE + 7, bytes(2 * PAGE));
        zero(5 * PAGE, PAGE, 0);
        assertThat(fixture.overlay.use().heldLength()).isEqualTo(2 * PAGE);
        write(8 * PAGE + 100, bytes(50));
        assertThat(fixture.write(9 * PAGE, bytes(1), 0).error()).isEqualTo(NbdError.ENOSPC);
        assertDisk();
    }

    @Test
    void shouldTrimWholePagesAndLeaveEdgesAlone() {
        assertThat(fixture.trim(100, PAGE).done()).isTrue();
        assertDisk();
        fixture.trim(PAGE - 1, 2 * PAGE + 1);
        Arrays.fill(expected, PAGE, 3 * PAGE, (byte) 0);
        fixture.trim(SIZE - 10, 10);
        assertDisk();
        fixture.trim((PAGES - 1) * PAGE, SIZE % PAGE);
        Arrays.fill(expected, (PAGES - 1) * PAGE, SIZE, (byte) 0);
        assertDisk();
        assertThat(calls).as("no data is touched").allMatch(call -> call.kind() == SimCall.Kind.PUNCH);
    }

    @Test
    void shouldZeroEdgesByWritingAndPagesByTheirState() {
        zero(PAGE - 10, 3 * PAGE + 20, 0);
        assertThat(calls).hasSize(2).allMatch(call -> call.kind() == SimCall.Kind.WRITE);
        assertDisk();
        assertThat(status(0, 8 * PAGE)).isEqualTo("4096 data, 12288 hole, 16384 data");
    }

    @Test
    void shouldWriteNothingForAnEdgeThatIsZeroAlready() {
        zero(40 * PAGE + 5, 100, 0);
        assertThat(calls).isEmpty();
        assertThat(status(40 * PAGE, PAGE)).isEqualTo("4096 hole");
    }

    @Test
    void shouldAllocateWhereHolesAreForbidden() {
        zero(40 * PAGE + 5, 2 * PAGE, NbdProtocol.CMD_FLAG_NO_HOLE);
        assertThat(calls.stream().map(SimCall::kind))
                .containsExactly(SimCall.Kind.WRITE, SimCall.Kind.ZERO, SimCall.Kind.WRITE);
        assertThat(status(40 * PAGE, 3 * PAGE)).isEqualTo("12288 data");
        assertDisk();
    }

    @Test
    void shouldRefuseAFastZeroThatWouldReadAndChangeNothing() {
        final int fast = NbdProtocol.CMD_FLAG_FAST_ZERO;
        assertThat(fixture.zeroes(100, 3 * PAGE, fast).error()).isEqualTo(NbdError.ENOTSUP);
        assertThat(fixture.zeroes(0, 3 * PAGE + 1, fast).error()).isEqualTo(NbdError.ENOTSUP);
        assertThat(fixture.zeroes(0, PAGE, fast | NbdProtocol.CMD_FLAG_NO_HOLE).error()).isEqualTo(NbdError.ENOTSUP);
        assertDisk();
        zero(0, 2 * PAGE, fast);
        zero(40 * PAGE + 1, PAGE, fast);
        zero((PAGES - 1) * PAGE, SIZE % PAGE, fast);
        write(3 * PAGE, bytes(PAGE));
        zero(3 * PAGE + 7, 9, fast);
        assertDisk();
    }

    @Test
    void shouldZeroFastWhileTheStorageIsCold() {
        write(3 * PAGE, bytes(PAGE));
        layers.residency(length -> 0);
        fixture.files.residency(length -> 0);
        final int fast = NbdProtocol.CMD_FLAG_FAST_ZERO;
        zero(3 * PAGE + 7, 5 * PAGE - 7, fast);
        zero(40 * PAGE + 1, PAGE, fast);
        assertThat(fixture.demand).isEmpty();
        layers.residency(length -> length);
        fixture.files.residency(length -> length);
        assertDisk();
    }

    @Test
    void shouldSayNowThatThereIsNoSpaceForZeros() {
        fixture.files.limitSpace(3);
        final int noHole = NbdProtocol.CMD_FLAG_NO_HOLE;
        assertThat(fixture.zeroes(4 * PAGE, 4 * PAGE, noHole).error()).isEqualTo(NbdError.ENOSPC);
        assertDisk();
        assertThat(fixture.overlay.use().heldLength()).isZero();

        zero(4 * PAGE, 3 * PAGE, noHole);

        assertThat(fixture.write(10 * PAGE, bytes(PAGE), 0).error()).isEqualTo(NbdError.ENOSPC);
        write(4 * PAGE, bytes(3 * PAGE));
        assertThat(fixture.overlay.use().heldLength()).isEqualTo(3 * PAGE);
        assertDisk();
    }

    @Test
    void shouldLetOthersHaveTheirTurnDuringALongZeroing() throws IOException {
        final long size = 4L << 30;
        try (DiskFixture large = new DiskFixture(new FakeLayers((int) (size >>> 12), new Random(1)), size)) {
            final TestReply trim = large.trim(0, size);
            assertThat(trim.done()).isFalse();
            assertThat(large.demand).hasSize(1);
            assertThat(large.read(size - PAGE, PAGE).done()).isTrue();
            large.settle();
            assertThat(trim.done()).isTrue();
            final TestReply allocate = large.zeroes(PAGE, 64 << 20, NbdProtocol.CMD_FLAG_NO_HOLE);
            assertThat(allocate.done()).isFalse();
            large.settle();
            assertThat(allocate.error()).isNull();
            final StringBuilder text = new StringBuilder();
            large.disk.blockStatus(0, 0, size - 1, (length, flags) -> {
                text.append(length).append(flags == 0 ? " data, " : " hole, ");
                return true;
            });
            assertThat(text).hasToString("4096 hole, 67108864 data, 4227854335 hole, ");
        }
    }

    @Test
    void shouldRefuseToWriteWithoutAnOverlay() throws IOException {
        try (DiskFixture readOnly = new DiskFixture(layers, SIZE, false)) {
            assertThat(readOnly.write(0, new byte[1], 0).error()).isEqualTo(NbdError.EPERM);
            assertThat(readOnly.zeroes(0, 1, 0).error()).isEqualTo(NbdError.EPERM);
            assertThat(readOnly.trim(0, PAGE).error()).isEqualTo(NbdError.EPERM);
            assertThat(readOnly.flush().error()).isNull();
            assertThat(readOnly.read(5, SIZE - 5).payload()).isEqualTo(Arrays.copyOfRange(expected, 5, SIZE));
        }
    }

    private TestReply write(int offset, byte[] bytes) {
        System.arraycopy(bytes, 0, expected, offset, bytes.length);
        return fixture.write(offset, bytes, 0);
    }

    private void zero(int offset, int length, int flags) {
        Arrays.fill(expected, offset, offset + length, (byte) 0);
        final TestReply reply = fixture.zeroes(offset, length, flags);
        assertThat(reply.done()).isTrue();
        assertThat(reply.error()).isNull();
    }

    private static byte[] bytes(int length) {
        final byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private String status(long offset, long length) {
        final List<String> extents = new ArrayList<>();
        fixture.disk.blockStatus(0, offset, length, (extentLength, flags) -> {
            extents.add(extentLength + (flags == 0 ? " data" : " hole"));
            return true;
        });
        return String.join(", ", extents);
    }

    private void assertDisk() {
        final TestReply reply = fixture.read(0, SIZE);
        fixture.settle();
        assertThat(reply.error()).isNull();
        assertThat(Arrays.mismatch(reply.payload(), expected)).as("first byte that differs").isEqualTo(-1);
    }
}
