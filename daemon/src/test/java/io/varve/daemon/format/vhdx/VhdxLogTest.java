package io.varve.daemon.format.vhdx;

import static io.varve.daemon.format.vhdx.TestVhdx.LOG;
import static io.varve.daemon.format.vhdx.TestVhdx.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VhdxLogTest {

    private TestVhdx made;
    private long block0;

    @BeforeEach
    void makeAFileWithALog() {
        made = new TestVhdx(8 * MIB, MIB, 512, false);
        block0 = made.full(0);
        for (int i = 0; i < 256; i++) {
            made.file.put(block0 + i * 4096L, sector(1000 + i));
        }
        made.withLog();
    }

    private static byte[] sector(long seed) {
        byte[] bytes = new byte[4096];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private byte[] read(long offset, int length) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(length);
        new ImageChain(List.of(new VhdxImage(made.file))).read(offset, buffer, 0, length);
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private TestLog entry(long sequence) {
        return new TestLog(sequence).lengths(made.file.size(), made.file.size());
    }

    private String failure() {
        return org.assertj.core.api.Assertions.catchThrowableOfType(
                () -> new VhdxImage(made.file), CorruptDataException.class).getMessage();
    }

    @Test
    void shouldReadPayloadThroughTheLogAndLeaveTheFileAsItIs() throws IOException {
        byte[] other = sector(1);
        entry(5).data(block0 + 4096, other).write(made, 0, 0);
        byte[] before = made.file.get(0, (int) made.file.size());
        assertThat(read(0, 4096)).isEqualTo(sector(1000));
        assertThat(read(4096, 4096)).isEqualTo(other);
        assertThat(read(8192, 4096)).isEqualTo(sector(1002));
        assertThat(made.file.get(0, (int) made.file.size())).isEqualTo(before);
    }

    /** The first 8 and the last 4 bytes of a sector come from another place than the rest. */
    @Test
    void shouldReadAnyPartOfAReplayedSector() throws IOException {
        byte[] other = sector(2);
        entry(5).data(block0 + 4096, other).write(made, 0, 0);
        VhdxImage image = new VhdxImage(made.file);
        int[] edges = {0, 1, 7, 8, 9, 4091, 4092, 4093, 4095, 4096};
        UnsafeBuffer buffer = Buffers.alignedDirect(4096);
        for (int from : edges) {
            for (int to : edges) {
                if (to > from) {
                    byte[] part = new byte[to - from];
                    image.file().read(block0 + 4096 + from, buffer, 0, part.length);
                    buffer.getBytes(0, part);
                    assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(other, from, to));
                    int count = image.file().readNow(block0 + 4096 + from, buffer, 0, part.length);
                    assertThat(count).isEqualTo(part.length);
                }
            }
        }
    }

    @Test
    void shouldReadTablesThroughTheLog() throws IOException {
        long position = made.allocate(MIB);
        made.file.put(position, sector(3));
        byte[] table = made.file.get(TestVhdx.TABLE, 4096);
        TestVhdx.le(8).putLong(position | 6).flip().get(table, 8, 8);
        byte[] regions = made.file.get(192 * 1024, 4096);
        made.file.put(192 * 1024, new byte[4096]);
        made.file.put(256 * 1024, new byte[4096]);
        byte[] items = made.file.get(TestVhdx.METADATA + 64 * 1024, 4096);
        made.file.put(TestVhdx.METADATA + 64 * 1024, new byte[4096]);
        entry(5).data(TestVhdx.TABLE, table).data(192 * 1024, regions)
                .data(TestVhdx.METADATA + 64 * 1024, items).write(made, 0, 0);
        assertThat(read(MIB, 4096)).isEqualTo(sector(3));
        assertThat(read(0, 4096)).isEqualTo(sector(1000));
    }

    @Test
    void shouldLetLaterEntriesWin() throws IOException {
        long second = entry(5).zero(block0, 64 * 4096).data(block0 + 65 * 4096, sector(4)).write(made, 0, 0);
        long third = entry(6).data(block0 + 10 * 4096, sector(5)).data(block0 + 20 * 4096, sector(6))
                .write(made, second, 0);
        entry(7).zero(block0 + 15 * 4096, 30 * 4096).zero(block0 + 65 * 4096, 4096).write(made, third, 0);
        for (int i = 0; i < 70; i++) {
            byte[] expected = i == 10 ? sector(5) : i < 64 || i == 65 ? new byte[4096] : sector(1000 + i);
            assertThat(read(i * 4096L, 4096)).as("sector " + i).isEqualTo(expected);
        }
    }

    /** What lies before the tail is in its place already, and may have been changed since. */
    @Test
    void shouldReplayFromTheTailOn() throws IOException {
        long second = entry(5).data(block0, sector(4)).data(block0 + 8192, sector(8)).write(made, 8192, 8192);
        entry(6).data(block0 + 4096, sector(5)).write(made, second, second);
        assertThat(read(0, 4096)).isEqualTo(sector(1000));
        assertThat(read(4096, 4096)).isEqualTo(sector(5));
    }

    @Test
    void shouldFollowEntriesAroundTheEndOfTheLog() throws IOException {
        long tail = MIB - 3 * 4096;
        TestLog first = entry(0x1_0000_0005L);
        for (int i = 0; i < 200; i++) {
            first.data(block0 + i * 4096L, sector(i));
        }
        long second = first.write(made, tail, tail);
        entry(0x1_0000_0006L).data(block0 + 4096, sector(500)).write(made, second, tail);
        for (int i = 0; i < 210; i++) {
            byte[] expected = i == 1 ? sector(500) : i < 200 ? sector(i) : sector(1000 + i);
            assertThat(read(i * 4096L, 4096)).as("sector " + i).isEqualTo(expected);
        }
    }

    @Test
    void shouldTakeTheSequenceWithTheHighestNumber() throws IOException {
        entry(9).data(block0, sector(1)).write(made, 0, 0);
        entry(11).data(block0, sector(2)).write(made, 64 * 1024, 64 * 1024);
        entry(10).data(block0, sector(3)).write(made, 128 * 1024, 128 * 1024);
        entry(12).guid("11112222-3333-4444-5555-000000000000").data(block0, sector(4))
                .write(made, 99 * 4096, 99 * 4096);
        entry(13).data(block0, sector(5)).write(made, 120 * 4096, 119 * 4096);
        assertThat(read(0, 4096)).isEqualTo(sector(2));
    }

    @Test
    void shouldStopBeforeAnEntryThatWasNotWrittenWhole() throws IOException {
        long second = entry(5).data(block0, sector(1)).write(made, 0, 0);
        entry(6).data(block0, sector(2)).data(block0 + 4096, sector(3)).write(made, second, 0);
        made.file.put(LOG + second + 2 * 4096 + 100, (byte) 1, (byte) 2, (byte) 3);
        assertThat(read(0, 4096)).isEqualTo(sector(1));
        assertThat(read(4096, 4096)).isEqualTo(sector(1001));
    }

    @Test
    void shouldLengthenTheFileAsTheLogSays() throws IOException {
        long position = made.file.size();
        byte[] table = made.file.get(TestVhdx.TABLE, 4096);
        TestVhdx.le(8).putLong(position | 6).flip().get(table, 8, 8);
        new TestLog(5).lengths(position, position + MIB).data(TestVhdx.TABLE, table)
                .data(position + 8192, sector(7)).write(made, 0, 0);
        assertThat(read(MIB, 8192)).isEqualTo(new byte[8192]);
        assertThat(read(MIB + 8192, 4096)).isEqualTo(sector(7));
        assertThat(read(2 * MIB - 4096, 4096)).isEqualTo(new byte[4096]);
    }

    @Test
    void shouldZeroAnyLengthAtNoCost() throws IOException {
        entry(5).zero(block0 + 4096, Long.MAX_VALUE >>> 12 << 12 >>> 1 >>> 12 << 12).write(made, 0, 0);
        assertThat(read(0, 8192)).startsWith(sector(1000)).endsWith(new byte[4096]);
    }

    @Test
    void shouldReadAnEntryOfManyDescriptors() throws IOException {
        TestLog entry = entry(5);
        for (int i = 0; i < 200; i++) {
            entry.zero(block0 + i * 4096L, 4096);
        }
        entry.data(block0 + 4096, sector(1)).write(made, 0, 0);
        assertThat(read(0, 4096)).isEqualTo(new byte[4096]);
        assertThat(read(4096, 4096)).isEqualTo(sector(1));
        assertThat(read(199 * 4096, 4096)).isEqualTo(new byte[4096]);
    }

    @Test
    void shouldNotWriteThroughTheLog() throws IOException {
        entry(5).zero(block0, 4096).write(made, 0, 0);
        VhdxImage image = new VhdxImage(made.file);
        assertThatThrownBy(() -> image.file().write(0, Buffers.alignedDirect(1), 0, 1))
                .isInstanceOf(IOException.class).hasMessageContaining("can only be read");
        image.close();
        assertThat(made.file.isClosed()).isTrue();
    }

    @Test
    void shouldRefuseALogWithoutAValidSequence() {
        assertThat(failure()).contains("byte 1048576").contains("no valid sequence");
        entry(5).zero(block0, 4096).write(made, 4096, 0);
        assertThat(failure()).contains("no valid sequence");
    }

    @Test
    void shouldRefuseAFileThatWasCutSinceTheLogWasWritten() {
        new TestLog(5).lengths(made.file.size() + 1, made.file.size() + 1).zero(block0, 4096).write(made, 0, 0);
        assertThat(failure()).contains("it was cut");
    }

    /** Sequence number 0, positions and lengths that are no sectors, ranges that end nowhere. */
    @ParameterizedTest
    @CsvSource({"0, 4096, 4096", "5, 4097, 4096", "5, 4096, 512", "5, -4096, 4096", "5, 4096, -4096",
        "5, 8192, 9223372036854771712"})
    void shouldNotTakeAnEntryThatMakesNoSense(long sequence, long position, long length) {
        entry(sequence).zero(position, length).write(made, 0, 0);
        assertThat(failure()).contains("no valid sequence");
    }

    /** A tail outside, more descriptors than fit, another signature, an entry longer than the log. */
    @ParameterizedTest
    @CsvSource({"12, 1048576", "12, 100", "24, 100000000", "24, -1", "0, 1", "8, 0", "8, 1052672", "8, 5000"})
    void shouldNotTakeAnEntryWhoseHeaderMakesNoSense(int index, int value) {
        entry(5).zero(block0, 4096).write(made, 0, 0);
        made.file.put(LOG + index, TestVhdx.le(4).putInt(value).array());
        made.seal(LOG, 4096);
        assertThat(failure()).contains("no valid sequence");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 4092})
    void shouldNotTakeADataSectorOfAnotherEntry(int index) {
        entry(5).data(block0, sector(1)).write(made, 0, 0);
        made.file.put(LOG + 4096 + index, (byte) 6);
        made.seal(LOG, 8192);
        assertThat(failure()).contains("no valid sequence");
    }

    @ParameterizedTest
    @CsvSource({"68, 0", "68, 4096", "72, 0", "72, 4096", "72, -1048576", "68, 536870912"})
    void shouldRefuseALogThatCannotBeThere(int index, long value) {
        made.file.put(64 * 1024 + index, index == 68 ? TestVhdx.le(4).putInt((int) value).array()
                : TestVhdx.le(8).putLong(value).array());
        made.seal(64 * 1024, 4096);
        assertThat(failure()).contains("byte 65608").contains("a log of");
    }
}
