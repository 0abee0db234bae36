package io.varve.nbd.session;

import static io.varve.nbd.session.SessionHarness.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.session.SessionHarness.Received;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionTest {

    private static final int SIZE = 1 << 20;
    private static final Set<Feature> WRITABLE = Set.of(SessionHarness.writable());

    private static MemoryExport export(double parkShare, long seed) {
        return new MemoryExport(SIZE, WRITABLE, new Random(seed), parkShare);
    }

    @ParameterizedTest
    @EnumSource(ReplyStyle.class)
    void shouldReadBackWhatWasWritten(ReplyStyle style) {
        SessionHarness harness = new SessionHarness(export(0, 1), style);
        harness.readLengths.put(2L, 5);
        harness.feed(request(style, NbdProtocol.CMD_WRITE, 0, 1, 100, 5, "hello".getBytes(StandardCharsets.UTF_8)));
        harness.feed(request(style, NbdProtocol.CMD_READ, 0, 2, 100, 5));
        List<Received> replies = harness.takeReplies();
        assertThat(replies).extracting(Received::cookie).containsExactly(1L, 2L);
        assertThat(replies).extracting(Received::error).containsOnly(0);
        assertThat(new String(replies.get(1).data(), StandardCharsets.UTF_8)).isEqualTo("hello");
    }

    @Test
    void shouldAnswerZeroesWithAHole() {
        SessionHarness harness = new SessionHarness(export(0, 1), ReplyStyle.STRUCTURED);
        harness.feed(request(NbdProtocol.CMD_READ, NbdProtocol.CMD_FLAG_DF, 9, 4096, 65536));
        Received reply = harness.takeReplies().get(0);
        assertThat(reply.chunkType()).isEqualTo(NbdProtocol.REPLY_TYPE_OFFSET_HOLE);
        assertThat(reply.data()).hasSize(65536);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldAnswerEveryRequestOnceWhateverThePiecesAndTheOrder(long seed) {
        for (ReplyStyle style : ReplyStyle.values()) {
            runRandomRequests(new Random(seed), style, "seed " + seed + " " + style);
        }
    }

    private static void runRandomRequests(Random random, ReplyStyle style, String what) {
        MemoryExport export = new MemoryExport(SIZE, WRITABLE, random, 0.2);
        SessionHarness harness = new SessionHarness(export, style);
        Map<Long, Integer> expectedErrors = new HashMap<>();
        byte[] bytes = randomRequests(random, style, harness, expectedErrors);
        Map<Long, Integer> seen = new HashMap<>();
        int index = 0;
        while (index < bytes.length || !export.parked.isEmpty() || harness.session.wantsOutput()) {
            harness.room = random.nextInt(200_000);
            index = harness.feed(bytes, index, 1 + random.nextInt(random.nextBoolean() ? 64 : 300_000));
            for (int i = random.nextInt(4); i > 0 && !export.parked.isEmpty(); i--) {
                export.parked.remove(random.nextInt(export.parked.size())).run();
            }
            harness.session.flush();
        }
        for (Received reply : harness.takeReplies()) {
            assertThat(seen.put(reply.cookie(), reply.error())).as(what + " cookie " + reply.cookie()).isNull();
        }
        assertThat(seen).as(what).isEqualTo(expectedErrors);
        assertThat(harness.session.parkedCount()).as(what).isZero();
    }

    private static byte[] randomRequests(
            Random random, ReplyStyle style, SessionHarness harness, Map<Long, Integer> expectedErrors) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (long cookie = 1; cookie <= 400; cookie++) {
            int length = 1 + random.nextInt(random.nextInt(10) == 0 ? 300_000 : 9000);
            long offset = random.nextInt(SIZE - length);
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    out.writeBytes(request(style, NbdProtocol.CMD_READ, 0, cookie, offset, length));
                    harness.readLengths.put(cookie, length);
                    expectedErrors.put(cookie, 0);
                }
                case 2 -> {
                    byte[] payload = new byte[length];
                    random.nextBytes(payload);
                    out.writeBytes(request(style, NbdProtocol.CMD_WRITE, 0, cookie, offset, length, payload));
                    expectedErrors.put(cookie, 0);
                }
                case 3 -> {
                    out.writeBytes(request(style, NbdProtocol.CMD_FLUSH, 0, cookie, 0, 0));
                    expectedErrors.put(cookie, 0);
                }
                case 4 -> {
                    out.writeBytes(request(style, NbdProtocol.CMD_WRITE, 0, cookie, SIZE - 10, length + 10,
                            new byte[length + 10]));
                    expectedErrors.put(cookie, NbdError.ENOSPC.wireValue());
                }
                default -> {
                    out.writeBytes(request(style, NbdProtocol.CMD_TRIM, 0, cookie, offset, length));
                    expectedErrors.put(cookie, NbdError.EIO.wireValue());
                }
            }
        }
        return out.toByteArray();
    }

    @Test
    void shouldKeepReadDataRightWhenParked() {
        Random random = new Random(5);
        MemoryExport export = new MemoryExport(SIZE, WRITABLE, random, 1);
        random.nextBytes(export.bytes);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.STRUCTURED);
        int[] lengths = {1, 511, 4096, 16 * 1024, 16 * 1024 + 1, 200_000};
        for (int i = 0; i < lengths.length; i++) {
            harness.feed(request(NbdProtocol.CMD_READ, 0, i, 1000 + i, lengths[i]));
        }
        assertThat(harness.takeReplies()).isEmpty();
        assertThat(harness.session.parkedCount()).isEqualTo(lengths.length);
        for (int i = lengths.length - 1; i >= 0; i--) {
            export.parked.get(i).run();
        }
        assertThat(harness.flushRequested).isTrue();
        harness.session.flush();
        for (Received reply : harness.takeReplies()) {
            int i = (int) reply.cookie();
            assertThat(reply.data()).isEqualTo(Arrays.copyOfRange(export.bytes, 1000 + i, 1000 + i + lengths[i]));
        }
    }

    @Test
    void shouldRefuseWithoutTouchingTheExportAndStayInSync() {
        MemoryExport export = export(0, 1);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.SIMPLE);
        harness.feed(request(NbdProtocol.CMD_WRITE, 0, 1, SIZE, 3, new byte[3]));
        harness.feed(request(NbdProtocol.CMD_READ, 0, 2, -1, 1));
        harness.feed(request(NbdProtocol.CMD_READ, 0, 3, Long.MAX_VALUE, 0xffff_ffffL));
        harness.feed(request(NbdProtocol.CMD_READ, NbdProtocol.CMD_FLAG_DF, 4, 0, 1));
        harness.feed(request(99, 0, 5, 0, 1));
        harness.feed(request(NbdProtocol.CMD_BLOCK_STATUS, 0, 6, 0, 1));
        harness.feed(request(NbdProtocol.CMD_WRITE_ZEROES, NbdProtocol.CMD_FLAG_FAST_ZERO, 7, 0, 1));
        harness.feed(request(NbdProtocol.CMD_READ, 0, 8, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error)
                .containsExactly(28, 22, 22, 22, 22, 22, 22, 22);
        assertThat(export.callCount).isZero();
        harness.feed(request(NbdProtocol.CMD_FLUSH, NbdProtocol.CMD_FLAG_FUA, 9, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0);
    }

    @Test
    void shouldRefuseWritesToAReadOnlyExportWithEperm() {
        MemoryExport export = new MemoryExport(SIZE, Set.of(Feature.READ_ONLY), new Random(1), 0);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.SIMPLE);
        harness.feed(request(NbdProtocol.CMD_WRITE, 0, 1, 0, 70_000, new byte[70_000]));
        harness.feed(request(NbdProtocol.CMD_TRIM, 0, 2, 0, 1));
        harness.feed(request(NbdProtocol.CMD_WRITE_ZEROES, 0, 3, 0, 1));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(1, 1, 1);
        assertThat(export.callCount).isZero();
    }

    @Test
    void shouldSkipThePayloadOfAWriteOfFourGigabytesWithoutBuffering() {
        SessionHarness harness = new SessionHarness(export(0, 1), ReplyStyle.SIMPLE);
        harness.feed(request(NbdProtocol.CMD_WRITE, 0, 1, 0, 0xffff_ffffL));
        byte[] piece = new byte[1 << 20];
        long left = 0xffff_ffffL;
        while (left > 0) {
            int length = (int) Math.min(left, piece.length);
            harness.feed(length == piece.length ? piece : new byte[length]);
            left -= length;
        }
        harness.feed(request(NbdProtocol.CMD_FLUSH, 0, 2, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::cookie).containsExactly(1L, 2L);
    }

    @Test
    void shouldAnswerBlockStatusWithMergedExtents() {
        MemoryExport export = export(0, 1);
        export.bytes[8192] = 1;
        SessionHarness harness = new SessionHarness(export, ReplyStyle.STRUCTURED);
        harness.feed(request(NbdProtocol.CMD_BLOCK_STATUS, 0, 1, 0, 5 * 4096));
        ByteBuffer data = ByteBuffer.wrap(harness.takeReplies().get(0).data());
        int[] words = new int[data.remaining() / 4];
        data.asIntBuffer().get(words);
        assertThat(words).containsExactly(7, 8192, 3, 4096, 0, 8192, 3);
        harness.feed(request(NbdProtocol.CMD_BLOCK_STATUS, NbdProtocol.CMD_FLAG_REQ_ONE, 2, 0, 5 * 4096));
        assertThat(harness.takeReplies().get(0).data()).hasSize(12);
    }

    @Test
    void shouldStopTakingRequestsFromAClientThatDoesNotRead() {
        MemoryExport export = export(0, 1);
        Arrays.fill(export.bytes, (byte) 1);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.SIMPLE);
        harness.room = 0;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < 200; i++) {
            out.writeBytes(request(NbdProtocol.CMD_READ, 0, i, 0, 100_000));
            harness.readLengths.put((long) i, 100_000);
        }
        harness.feed(out.toByteArray());
        assertThat(harness.session.wantsInput()).isFalse();
        assertThat(export.callCount).isLessThan(60);
        harness.room = Long.MAX_VALUE;
        harness.session.flush();
        assertThat(harness.takeReplies()).hasSize(200);
    }

    /** The last requests lie in the session, not in the socket: if it forgets them, the client waits for ever. */
    @Test
    void shouldGoOnWithRequestsHeldBackWhenTheClientReadsInTheSameTurn() {
        MemoryExport export = export(0, 1);
        Arrays.fill(export.bytes, (byte) 1);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.SIMPLE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < 64; i++) {
            out.writeBytes(request(NbdProtocol.CMD_READ, 0, i, 0, 100_000));
            harness.readLengths.put((long) i, 100_000);
        }
        harness.room = 0;
        harness.session.prepareReceive();
        harness.session.receiveBuffer().putBytes(0, out.toByteArray());
        harness.session.onReceived(out.size());
        harness.room = Long.MAX_VALUE;
        harness.session.flush();
        assertThat(harness.session.wantsOutput()).isFalse();
        assertThat(harness.takeReplies()).hasSize(64);
    }

    @Test
    void shouldFinishWhatIsInFlightAtDisconnect() {
        MemoryExport export = export(1, 1);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.SIMPLE);
        harness.feed(request(NbdProtocol.CMD_FLUSH, 0, 1, 0, 0));
        harness.feed(request(NbdProtocol.CMD_DISC, 0, 2, 0, 0));
        assertThat(harness.session.wantsInput()).isFalse();
        assertThat(harness.session.isFinished()).isFalse();
        export.parked.get(0).run();
        harness.session.flush();
        assertThat(harness.session.isFinished()).isTrue();
        assertThat(harness.takeReplies()).extracting(Received::cookie).containsExactly(1L);
    }

    @Test
    void shouldDropRepliesOfAClientThatIsGone() {
        MemoryExport export = export(1, 1);
        SessionHarness harness = new SessionHarness(export, ReplyStyle.STRUCTURED);
        harness.feed(request(NbdProtocol.CMD_READ, 0, 1, 0, 100_000));
        harness.feed(request(NbdProtocol.CMD_WRITE, 0, 2, 0, 10, new byte[10]));
        harness.session.abort();
        assertThat(harness.session.isFinished()).isFalse();
        export.parked.forEach(Runnable::run);
        assertThat(harness.session.isFinished()).isTrue();
        assertThat(harness.takeRaw()).isEmpty();
    }

    @Test
    void shouldEndASessionThatSendsGarbage() {
        SessionHarness harness = new SessionHarness(export(0, 1), ReplyStyle.SIMPLE);
        harness.feed(new byte[64]);
        assertThat(harness.session.violation()).contains("magic");
        assertThat(harness.session.isFinished()).isTrue();
        assertThat(harness.takeRaw()).isEmpty();
    }
}
