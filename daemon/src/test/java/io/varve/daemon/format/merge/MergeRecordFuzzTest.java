package io.varve.daemon.format.merge;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.merge.MergeRecord.Child;
import io.varve.daemon.format.merge.MergeRecord.Parent;
import io.varve.daemon.format.merge.MergeRecord.Stamp;
import io.varve.daemon.format.merge.MergeRecord.State;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Invariant checked: any bytes are a record that is written as the same bytes again, or refused in one line. */
class MergeRecordFuzzTest {

    private static final Stamp STAMP = new Stamp(1 << 20, Instant.ofEpochSecond(1_700_000_000L, 5));

    private static MergeRecord merge(State state, ImageFormat format, String path) {
        return new MergeRecord(new UUID(1, 2), state, new Child(path, new UUID(3, 4), STAMP),
                new Parent(format, new UUID(5, 6), new UUID(7, 8), STAMP, 1 << 22,
                        state == State.DONE ? STAMP : Stamp.NONE), 1 << 21, 1 << 20);
    }

    private static byte[] bytes(MergeRecord merge) {
        UnsafeBuffer encoded = RecordCodec.encode(merge);
        byte[] bytes = new byte[encoded.capacity()];
        encoded.getBytes(0, bytes);
        return bytes;
    }

    private static UnsafeBuffer buffer(byte[] bytes) {
        UnsafeBuffer buffer = Buffers.alignedDirect(Math.max(1, bytes.length));
        buffer.putBytes(0, bytes);
        return new UnsafeBuffer(buffer, 0, bytes.length);
    }

    @Test
    void shouldHaveRealRecordsAsSeeds() throws IOException {
        SeedFiles.check(MergeRecordFuzzTest.class, "shouldAnswerAnyBytes", Map.of(
                "planned", bytes(merge(State.PLANNED, ImageFormat.VHD, "child.vhd")),
                "copying", bytes(merge(State.COPYING, ImageFormat.VHDX, "../lab/seat \u00fc.vhdx")),
                "done", bytes(merge(State.DONE, ImageFormat.VHD, "c"))));
    }

    @Test
    void shouldComeBackAsItWas() throws IOException {
        for (State state : State.values()) {
            for (ImageFormat format : new ImageFormat[] {ImageFormat.VHD, ImageFormat.VHDX}) {
                MergeRecord merge = merge(state, format, "../a/\u5b50.vhd");
                assertThat(RecordCodec.decode("r", buffer(bytes(merge)))).isEqualTo(merge);
            }
        }
    }

    @Test
    void shouldRefuseEveryFlippedBitAndEveryCut() {
        byte[] whole = bytes(merge(State.COPYING, ImageFormat.VHD, "child.vhd"));
        for (int bit = 0; bit < whole.length * Byte.SIZE; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertThat(answers(flipped)).as("bit " + bit).isFalse();
        }
        for (int length = 0; length < whole.length; length++) {
            assertThat(answers(Arrays.copyOf(whole, length))).as("cut at " + length).isFalse();
        }
    }

    @Test
    void shouldAnswerWhateverASealedFieldSays() {
        Random random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = bytes(merge(State.COPYING, ImageFormat.VHD, "child.vhd"));
            for (int i = random.nextInt(3); i >= 0; i--) {
                bytes[16 + random.nextInt(bytes.length - 16)] = (byte) (random.nextInt(3) == 0 ? -1 : random.nextInt());
            }
            shouldAnswerAnyBytes(bytes);
        }
    }

    /** As it is, and with the checksum put right. */
    @FuzzTest
    void shouldAnswerAnyBytes(byte[] content) {
        answers(content);
        if (content.length >= 16) {
            byte[] sealed = content.clone();
            UnsafeBuffer buffer = buffer(sealed);
            buffer.putInt(12, 0);
            int sum = Crc32c.of(buffer, 0, buffer.capacity());
            buffer.putInt(12, sum, ByteOrder.LITTLE_ENDIAN);
            buffer.getBytes(0, sealed);
            answers(sealed);
        }
    }

    private static boolean answers(byte[] content) {
        try {
            MergeRecord merge = RecordCodec.decode("r", buffer(content));
            // A path in broken UTF-8 comes back mended.
            if (merge.child().path().indexOf('\ufffd') < 0) {
                assertThat(bytes(merge)).isEqualTo(content);
            }
            return true;
        } catch (CorruptDataException | FormatVersionException e) {
            assertThat(e.getMessage()).doesNotContain("\n");
            return false;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
