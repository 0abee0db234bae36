package io.varve.nbd.session;

import static io.varve.nbd.session.SessionHarness.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.session.SessionHarness.Received;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FailureTest {

    private static final int SIZE = 1 << 20;

    private static MemoryExport export() {
        return new MemoryExport(SIZE, Set.of(SessionHarness.writable()), new Random(1), 0);
    }

    @ParameterizedTest
    @EnumSource
    void shouldHaveAShortTextThatIsDisplayable(Failure failure) {
        assertThat(failure.text()).hasSizeBetween(1, Failure.MAX_TEXT_LENGTH);
        assertThat(new String(failure.text(), StandardCharsets.UTF_8)).doesNotContainPattern("\\p{Cc}");
        assertThat(ChunkWriter.MAX_ERROR_LENGTH).isLessThanOrEqualTo(ReplySlot.SHORTEST_RESERVE);
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepTheErrorOfAnExport(NbdError error) {
        assertThat(Failure.of(error).error()).isEqualTo(error);
    }

    @ParameterizedTest
    @EnumSource(names = {"STRUCTURED", "EXTENDED"})
    void shouldSayWhatIsWrong(ReplyStyle style) {
        SessionHarness harness = new SessionHarness(export(), style);
        harness.feed(request(style, NbdProtocol.CMD_READ, 0, 1, SIZE, 1));
        harness.feed(request(style, NbdProtocol.CMD_WRITE, 0, 2, SIZE, 1, new byte[1]));
        harness.feed(request(style, NbdProtocol.CMD_READ, 0, 3, 0, 0));
        assertThat(harness.takeReplies()).extracting(reply -> reply.chunks().get(0).message).containsExactly(
                "beyond the end of the export", "beyond the end of the export", "a length of 0 bytes");
    }

    @ParameterizedTest
    @EnumSource(names = {"STRUCTURED", "EXTENDED"})
    void shouldSayWhereAReadFailed(ReplyStyle style) {
        MemoryExport failing = new MemoryExport(SIZE, Set.of(SessionHarness.writable()), new Random(1), 0) {
            @Override
            public void read(long offset, int length, int commandFlags, Reply reply) {
                reply.zeroes(0, 8192);
                if (offset > 0) {
                    reply.park();
                }
                reply.failAt(NbdError.EIO, offset + 8192);
            }
        };
        SessionHarness harness = new SessionHarness(failing, style);
        harness.feed(request(style, NbdProtocol.CMD_READ, 0, 1, 0, 65536));
        harness.feed(request(style, NbdProtocol.CMD_READ, 0, 2, 4096, 65536));
        for (Received reply : harness.takeReplies()) {
            assertThat(reply.error()).isEqualTo(NbdError.EIO.wireValue());
            assertThat(reply.chunks()).hasSize(1);
            assertThat(reply.chunks().get(0).type).isEqualTo(NbdProtocol.REPLY_TYPE_ERROR_OFFSET);
            assertThat(reply.chunks().get(0).offset).isEqualTo((reply.cookie() - 1) * 4096 + 8192);
        }
        assertThat(harness.session.parkedCount()).isZero();
    }

    @Test
    void shouldLeaveTheTextOutOfSimpleReplies() {
        SessionHarness harness = new SessionHarness(export(), ReplyStyle.SIMPLE);
        harness.feed(request(NbdProtocol.CMD_READ, 0, 1, SIZE, 1));
        assertThat(harness.takeRaw()).hasSize(16);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseWithEshutdownWhileRequestsInFlightFinish(ReplyStyle style) {
        MemoryExport parking = new MemoryExport(
                SIZE, Set.of(ExportInfo.Feature.FLUSH), new Random(1), 1);
        SessionHarness harness = new SessionHarness(parking, style);
        harness.feed(request(style, NbdProtocol.CMD_FLUSH, 0, 1, 0, 0));
        harness.session.drain();
        assertThat(harness.session.isFinished()).isFalse();
        harness.feed(request(style, NbdProtocol.CMD_WRITE, 0, 2, 0, 5, new byte[5]));
        harness.feed(request(style, NbdProtocol.CMD_FLUSH, 0, 3, 0, 0));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(108, 108);
        parking.parked.get(0).run();
        harness.session.flush();
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0);
        assertThat(harness.session.isFinished()).isTrue();
    }

    @Test
    void shouldFinishAWriteThatWasComingWhenTheServerStopped() {
        SessionHarness harness = new SessionHarness(export(), ReplyStyle.SIMPLE);
        byte[] write = request(NbdProtocol.CMD_WRITE, 0, 1, 0, 100_000, new byte[100_000]);
        harness.feed(Arrays.copyOf(write, 50_000));
        harness.session.drain();
        assertThat(harness.session.isFinished()).isFalse();
        harness.feed(Arrays.copyOfRange(write, 50_000, write.length));
        assertThat(harness.takeReplies()).extracting(Received::error).containsExactly(0);
        assertThat(harness.session.isFinished()).isTrue();
    }
}
