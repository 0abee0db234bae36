package io.varve.nbd.session;

import static io.varve.nbd.session.SessionHarness.extended;
import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_PAYLOAD_LEN;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE_ZEROES;
import static io.varve.nbd.wire.NbdProtocol.MAX_PAYLOAD_LENGTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.session.SessionHarness.Received;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests and replies must look like where extended headers were agreed on. */
final class ExtendedHeadersTest {

    private static final int SIZE = 1 << 20;
    /** Of base:allocation, in the harness. */
    private static final int CONTEXT = 7;

    private final MemoryExport export =
            new MemoryExport(SIZE, Set.of(SessionHarness.writable()), new Random(1), 0);
    private final SessionHarness harness = new SessionHarness(export, ReplyStyle.EXTENDED);

    @Test
    void shouldEchoCookieAndOffsetInEveryReply() {
        export.bytes[9000] = 1;
        harness.feed(extended(CMD_WRITE, CMD_FLAG_PAYLOAD_LEN, -1, 100, 3, new byte[3]));
        harness.feed(extended(CMD_READ, 0, 1, 8192, 4096));
        harness.feed(extended(CMD_READ, 0, 2, 4096, 4096));
        harness.feed(extended(CMD_FLUSH, 0, 3, 77, 0));
        harness.feed(extended(CMD_BLOCK_STATUS, 0, 4, 4096, SIZE - 4096));
        harness.feed(extended(CMD_READ, 0, 5, -2, 4096));
        harness.feed(extended(99, 0, 6, 11, 4096));
        List<Received> replies = harness.takeReplies();
        assertThat(replies).extracting(Received::cookie).containsExactly(-1L, 1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(replies).extracting(reply -> reply.chunks().get(0).requestOffset)
                .containsExactly(100L, 8192L, 4096L, 77L, 4096L, -2L, 11L);
        assertThat(replies).extracting(Received::error).containsExactly(0, 0, 0, 0, 0, 22, 22);
    }

    @Test
    void shouldTakeAWriteWithoutPayloadLenAsQemuSendsIt() {
        harness.feed(extended(CMD_WRITE, 0, 1, 4096, 3, new byte[] {7, 8, 9}));
        harness.feed(extended(CMD_FLUSH, 0, 2, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0, 0);
        assertThat(export.bytes).startsWith(new byte[4096]).containsSequence(0, 7, 8, 9, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {CMD_READ, CMD_TRIM, CMD_WRITE_ZEROES, CMD_FLUSH, 99})
    void shouldThrowAwayAPayloadThatTheCommandDoesNotTake(int command) {
        harness.feed(extended(command, CMD_FLAG_PAYLOAD_LEN, 1, 0, 70_000, new byte[70_000]));
        harness.feed(extended(CMD_FLUSH, 0, 2, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(22, 0);
        assertThat(export.callCount).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 32, 1L << 40, -1})
    void shouldCloseWhenThePayloadIsTooLongToSkip(long length) {
        harness.feed(extended(CMD_WRITE, CMD_FLAG_PAYLOAD_LEN, 1, 0, length));
        assertThat(harness.session.violation()).contains("payload");
        assertThat(harness.takeRaw()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {CMD_WRITE, CMD_BLOCK_STATUS, CMD_READ})
    void shouldSkipAPayloadThatIsLongerThanTheMaximum(int command) {
        harness.feed(extended(command, CMD_FLAG_PAYLOAD_LEN, 1, 0, MAX_PAYLOAD_LENGTH + 1L));
        assertThat(harness.takeReplies()).extracting(Received::error).hasSize(1).doesNotContain(0);
        byte[] part = new byte[1 << 20];
        for (int i = 0; i < MAX_PAYLOAD_LENGTH / part.length; i++) {
            harness.feed(part);
        }
        harness.feed(new byte[1]);
        harness.feed(extended(CMD_FLUSH, 0, 2, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0);
        assertThat(export.callCount).isEqualTo(1);
    }

    @Test
    void shouldHangOnToTheStreamBehindTheLongestPayload() {
        harness.feed(extended(CMD_WRITE, CMD_FLAG_PAYLOAD_LEN, 1, 0, 0xffff_ffffL));
        assertThat(harness.takeReplies()).extracting(Received::error).hasSize(1).doesNotContain(0);
        assertThat(harness.session.violation()).isEmpty();
        assertThat(harness.session.isInsideRequest()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {(1L << 32) + 1, 1L << 62, -1, Long.MIN_VALUE})
    void shouldNotCutLengthsTo32Bits(long length) {
        harness.feed(extended(CMD_TRIM, 0, 1, 0, length));
        harness.feed(extended(CMD_WRITE_ZEROES, 0, 2, 0, length));
        harness.feed(extended(CMD_BLOCK_STATUS, 0, 3, 0, length));
        harness.feed(extended(CMD_READ, 0, 4, 0, length));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(
                NbdError.EINVAL.wireValue(), NbdError.ENOSPC.wireValue(),
                NbdError.EINVAL.wireValue(), NbdError.EINVAL.wireValue());
        assertThat(export.callCount).isZero();
    }

    @Test
    void shouldAnswerBlockStatusWithExtentsOf64Bits() {
        export.bytes[8192] = 1;
        harness.feed(extended(CMD_BLOCK_STATUS, 0, 1, 0, 5 * 4096));
        Received reply = harness.takeReplies().get(0);
        assertThat(reply.chunkType()).isEqualTo(NbdProtocol.REPLY_TYPE_BLOCK_STATUS_EXT);
        ByteBuffer data = ByteBuffer.wrap(reply.data());
        assertThat(data.getInt()).isEqualTo(CONTEXT);
        assertThat(data.getInt()).isEqualTo(3);
        long[] words = new long[6];
        data.asLongBuffer().get(words);
        assertThat(words).containsExactly(8192, 3, 4096, 0, 8192, 3);
        assertThat(reply.data()).hasSize(8 + 16 * 3);
    }

    @Test
    void shouldAnswerForTheContextsOfThePayload() {
        harness.feed(
                extended(CMD_BLOCK_STATUS, CMD_FLAG_PAYLOAD_LEN, 1, 4096, 12, payload(4096, CONTEXT)), 0, 5);
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0);
    }

    @Test
    void shouldRefuseWrongPayloadsOfBlockStatusAndStayInSync() {
        byte[][] payloads = {
            {}, new byte[8], new byte[7], new byte[70_000],
            payload(4096, 8), payload(4096, CONTEXT, CONTEXT), payload(SIZE + 1L, CONTEXT), payload(0, CONTEXT),
            payload(-1, CONTEXT), new byte[13],
        };
        for (int i = 0; i < payloads.length; i++) {
            harness.feed(extended(
                    CMD_BLOCK_STATUS, CMD_FLAG_PAYLOAD_LEN, i, 0, payloads[i].length, payloads[i]));
        }
        assertThat(harness.takeReplies()).hasSize(payloads.length).extracting(Received::error).containsOnly(22);
        assertThat(export.callCount).isZero();
        harness.feed(extended(CMD_FLUSH, 0, 2, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0);
    }

    @Test
    void shouldTakeNoCompactRequests() {
        harness.feed(SessionHarness.request(CMD_FLUSH, 0, 1, 0, 0, new byte[4]));
        assertThat(harness.session.violation()).contains("magic");
    }

    @Test
    void shouldNotKnowPayloadLenInCompactRequests() {
        SessionHarness structured = new SessionHarness(export, ReplyStyle.STRUCTURED);
        structured.feed(SessionHarness.request(CMD_FLUSH, CMD_FLAG_PAYLOAD_LEN, 1, 0, 0));
        structured.feed(SessionHarness.request(CMD_WRITE, CMD_FLAG_PAYLOAD_LEN, 2, 0, 9, new byte[9]));
        structured.feed(SessionHarness.request(CMD_BLOCK_STATUS, CMD_FLAG_PAYLOAD_LEN, 3, 0, 12));
        assertThat(structured.takeReplies()).extracting(Received::error).containsExactly(22, 22, 22);
    }

    @Test
    void shouldRefuseWritesToAReadOnlyExportAndThrowTheirPayloadAway() {
        SessionHarness readOnly = new SessionHarness(
                new MemoryExport(SIZE, Set.of(Feature.READ_ONLY), new Random(1), 0), ReplyStyle.EXTENDED);
        readOnly.feed(extended(CMD_WRITE, CMD_FLAG_PAYLOAD_LEN, 1, 0, 9, new byte[9]));
        readOnly.feed(extended(CMD_TRIM, 0, 2, 0, 9));
        assertThat(readOnly.takeReplies()).extracting(Received::error).containsExactly(1, 1);
    }

    private static byte[] payload(long length, int... contexts) {
        ByteBuffer buffer = ByteBuffer.allocate(8 + 4 * contexts.length).putLong(length);
        for (int context : contexts) {
            buffer.putInt(context);
        }
        return buffer.array();
    }
}
