package io.varve.nbd.session;

import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.Reply;
import io.varve.nbd.session.SessionHarness.Received;
import io.varve.nbd.wire.ReplyStyle;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Long payloads leave from a file where that is possible, and from memory where it is not or not all of it goes. */
final class LentPayloadTest {

    private static final int SIZE = 1 << 20;
    private static final int LENGTH = 128 * 1024;
    private static final int FILE = 42;

    private final byte[] content = new byte[SIZE];
    private final MemoryExport export = new MemoryExport(SIZE, Set.of(), new Random(1), 0) {
        @Override
        public void read(long offset, int length, int commandFlags, Reply reply) {
            reply.buffer().putBytes(reply.bufferIndex(), content, (int) offset, length);
            reply.completeFrom(FILE, offset);
        }
    };

    LentPayloadTest() {
        new Random(2).nextBytes(content);
    }

    private SessionHarness harness(ReplyStyle style) {
        SessionHarness harness = new SessionHarness(export, style);
        harness.file = content;
        harness.fileDescriptor = FILE;
        return harness;
    }

    private static void read(SessionHarness harness, ReplyStyle style, long cookie, long offset, int length) {
        harness.readLengths.put(cookie, length);
        harness.feed(SessionHarness.request(style, CMD_READ, 0, cookie, offset, length));
    }

    private void check(Received reply, long cookie, int offset, int length) {
        assertThat(reply.cookie()).isEqualTo(cookie);
        assertThat(reply.error()).isZero();
        assertThat(reply.data()).isEqualTo(Arrays.copyOfRange(content, offset, offset + length));
    }

    @ParameterizedTest
    @EnumSource
    void shouldLendWhatIsLong(ReplyStyle style) {
        SessionHarness harness = harness(style);
        read(harness, style, 1, 4096, LENGTH);
        read(harness, style, 2, 0, 4096);
        List<Received> replies = harness.takeReplies();
        check(replies.get(0), 1, 4096, LENGTH);
        check(replies.get(1), 2, 0, 4096);
        assertThat(harness.lent).as("all of the first, nothing of the second").isEqualTo(LENGTH);
        assertThat(harness.session.wantsOutput()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void shouldCopyWhereAFileCannotBeSent(ReplyStyle style) {
        SessionHarness harness = harness(style);
        harness.file = null;
        read(harness, style, 1, 4096, LENGTH);
        check(harness.takeReplies().get(0), 1, 4096, LENGTH);
        assertThat(harness.lent).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnWhereverThePeerStopped(ReplyStyle style) {
        for (int room : new int[] {0, 1, 27, 28, 29, 4096, LENGTH - 1, LENGTH, LENGTH + 16, LENGTH + 40, 2 * LENGTH}) {
            SessionHarness harness = harness(style);
            harness.room = room;
            byte[] request = SessionHarness.request(style, CMD_READ, 0, 1, 512, LENGTH);
            byte[] next = SessionHarness.request(style, CMD_READ, 0, 2, 8192, LENGTH);
            harness.readLengths.put(1L, LENGTH);
            harness.readLengths.put(2L, LENGTH);
            harness.feed(request);
            harness.feed(next);
            assertThat(harness.session.wantsOutput()).as("with room for %d bytes", room).isTrue();
            harness.room = 1000;
            harness.session.flush();
            harness.room = Long.MAX_VALUE;
            harness.session.flush();
            List<Received> replies = harness.takeReplies();
            check(replies.get(0), 1, 512, LENGTH);
            check(replies.get(1), 2, 8192, LENGTH);
            assertThat(harness.session.unsentLength()).isZero();
        }
    }
}
