package io.varve.nbd.session;

import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_DF;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_OFFSET_DATA;
import static io.varve.nbd.wire.NbdProtocol.REPLY_TYPE_OFFSET_HOLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.session.SessionHarness.Received;
import io.varve.nbd.wire.ReplyStyle;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Zero runs of a READ are hole chunks, where they are long enough. */
final class ReadChunksTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 256 * PAGE;

    private final MemoryExport inline = export(0);

    private static MemoryExport export(double parkShare) {
        return new MemoryExport(SIZE, Set.of(SessionHarness.writable()), new Random(3), parkShare);
    }

    private static void fillPages(MemoryExport export, int... pages) {
        for (int page : pages) {
            Arrays.fill(export.bytes, page * PAGE, (page + 1) * PAGE, (byte) (page + 1));
        }
    }

    private static Received read(MemoryExport export, ReplyStyle style, int flags, long offset, int length) {
        SessionHarness harness = new SessionHarness(export, style);
        harness.feed(SessionHarness.request(style, CMD_READ, flags, 9, offset, length));
        while (!export.parked.isEmpty()) {
            export.parked.remove(0).run();
            harness.session.flush();
        }
        Received reply = harness.takeReplies().get(0);
        assertThat(reply.error()).isZero();
        assertThat(reply.data()).isEqualTo(Arrays.copyOfRange(export.bytes, (int) offset, (int) offset + length));
        return reply;
    }

    private static List<Integer> types(Received reply) {
        return reply.chunks().stream().map(chunk -> chunk.type).toList();
    }

    private static List<Long> offsets(Received reply) {
        return reply.chunks().stream().map(chunk -> chunk.offset).toList();
    }

    @ParameterizedTest
    @EnumSource(names = {"STRUCTURED", "EXTENDED"})
    void shouldSplitAtLongZeroRuns(ReplyStyle style) {
        fillPages(inline, 0, 3, 5);
        Received reply = read(inline, style, 0, 0, 7 * PAGE);
        assertThat(types(reply)).containsExactly(
                REPLY_TYPE_OFFSET_DATA, REPLY_TYPE_OFFSET_HOLE, REPLY_TYPE_OFFSET_DATA, REPLY_TYPE_OFFSET_HOLE,
                REPLY_TYPE_OFFSET_DATA, REPLY_TYPE_OFFSET_HOLE);
        assertThat(offsets(reply)).containsExactly(0L, 4096L, 3 * 4096L, 4 * 4096L, 5 * 4096L, 6 * 4096L);
        assertThat(reply.chunks()).extracting(chunk -> chunk.last)
                .containsExactly(false, false, false, false, false, true);
    }

    @Test
    void shouldBeginWithAHoleAndEndWithData() {
        fillPages(inline, 4);
        assertThat(types(read(inline, ReplyStyle.STRUCTURED, 0, PAGE + 512, 4 * PAGE)))
                .containsExactly(REPLY_TYPE_OFFSET_DATA, REPLY_TYPE_OFFSET_HOLE, REPLY_TYPE_OFFSET_DATA);
        assertThat(types(read(inline, ReplyStyle.STRUCTURED, 0, PAGE, 4 * PAGE)))
                .containsExactly(REPLY_TYPE_OFFSET_HOLE, REPLY_TYPE_OFFSET_DATA);
    }

    @Test
    void shouldSendDataInOneChunk() {
        fillPages(inline, 4, 5, 6);
        assertThat(types(read(inline, ReplyStyle.STRUCTURED, 0, 4 * PAGE + 7, 2 * PAGE)))
                .containsExactly(REPLY_TYPE_OFFSET_DATA);
    }

    @Test
    void shouldSendOneChunkIfTheClientWantsOne() {
        fillPages(inline, 0, 3, 5);
        assertThat(types(read(inline, ReplyStyle.STRUCTURED, CMD_FLAG_DF, 0, 7 * PAGE)))
                .containsExactly(REPLY_TYPE_OFFSET_DATA);
        assertThat(types(read(inline, ReplyStyle.STRUCTURED, CMD_FLAG_DF, PAGE, 2 * PAGE)))
                .containsExactly(REPLY_TYPE_OFFSET_HOLE);
    }

    @Test
    void shouldNotAnswerInManyChunks() {
        for (int page = 0; page < 256; page += 2) {
            fillPages(inline, page);
        }
        assertThat(read(inline, ReplyStyle.EXTENDED, 0, 0, SIZE).chunks()).hasSizeLessThanOrEqualTo(65);
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBytesWhateverIsZeroAndWhereItParks(ReplyStyle style) {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            MemoryExport export = export(random.nextInt(2));
            for (int page = 0; page < 64; page++) {
                if (random.nextInt(3) == 0) {
                    fillPages(export, page);
                }
            }
            int offset = random.nextInt(20 * PAGE);
            int length = 1 + random.nextInt(40 * PAGE);
            SessionHarness harness = new SessionHarness(export, style);
            harness.readLengths.put(5L, length);
            harness.feed(SessionHarness.request(style, CMD_READ, 0, 5, offset, length));
            export.parked.forEach(Runnable::run);
            harness.session.flush();
            assertThat(harness.takeReplies().get(0).data())
                    .as("seed %d", seed)
                    .isEqualTo(Arrays.copyOfRange(export.bytes, offset, offset + length));
        }
    }
}
