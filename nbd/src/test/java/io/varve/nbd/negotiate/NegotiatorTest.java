package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.OPT_ABORT;
import static io.varve.nbd.wire.NbdProtocol.OPT_EXPORT_NAME;
import static io.varve.nbd.wire.NbdProtocol.OPT_GO;
import static io.varve.nbd.wire.NbdProtocol.OPT_LIST;
import static io.varve.nbd.wire.NbdProtocol.OPT_STARTTLS;
import static io.varve.nbd.wire.NbdProtocol.OPT_STRUCTURED_REPLY;
import static io.varve.nbd.wire.NbdProtocol.REP_ACK;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_INVALID;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_SHUTDOWN;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_TOO_BIG;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_UNSUP;
import static io.varve.nbd.wire.NbdProtocol.REP_INFO;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.ReplyStyle;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every option: framing, limits, the beginning and the end. */
class NegotiatorTest {

    private static final int UNKNOWN_OPTION = 0x7a7a;
    private static final NegotiationLimits LIMITS = new NegotiationLimits(8, 8192, 16384, 4, 16384);

    @Test
    void shouldGreetWithFixedNewstyleAndNoZeroes() {
        final Negotiator negotiator = new Negotiator(directory(), NegotiationLimits.DEFAULT);
        negotiator.start();
        assertThat(negotiator.takeOutput()).asHexString().isEqualTo("4E42444D4147494349484156454F50540003");
        assertThat(negotiator.takeOutput()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 7, 0x10000, 0x80000000, -1})
    void shouldCloseOnUnknownClientFlags(int flags) {
        final Conversation conversation = talk(ClientBytes.flags(flags).go("disk"));
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.answer).isEmpty();
        assertThat(conversation.directory.opened).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldAcceptEveryCombinationOfKnownClientFlags(int flags) {
        assertThat(talk(ClientBytes.flags(flags).go("disk")).outcome).isEqualTo(Outcome.NEGOTIATED);
    }

    @Test
    void shouldCloseOnWrongOptionMagic() {
        final Conversation conversation =
                talk(ClientBytes.usual().u64(0x49484156454f5055L).u32(OPT_LIST).u32(0));
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.answer).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_STARTTLS, UNKNOWN_OPTION, 0, 4, -1})
    void shouldAnswerUnsupToOptionsItDoesNotHaveAndGoOn(int option) {
        final Conversation conversation = talk(ClientBytes.usual()
                .option(option)
                .option(option, ClientBytes.data().text("whatever this is"))
                .go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ERR_UNSUP, REP_ERR_UNSUP, REP_INFO, REP_ACK);
        assertThat(conversation.replies().get(1).option).isEqualTo(option);
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_LIST, OPT_STRUCTURED_REPLY, OPT_STARTTLS, OPT_GO, UNKNOWN_OPTION})
    void shouldRefuseOptionsWhenTheServerStops(int option) {
        final Conversation conversation = stopping(ClientBytes.usual().option(option).option(OPT_ABORT));
        assertThat(conversation.types()).containsExactly(REP_ERR_SHUTDOWN, REP_ACK);
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
    }

    @Test
    void shouldCloseOnExportNameWhenTheServerStops() {
        final Conversation conversation =
                stopping(ClientBytes.usual().option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.answer).isEmpty();
        assertThat(conversation.directory.openCount()).isZero();
    }

    private static Conversation stopping(ClientBytes client) {
        final FakeDirectory directory = directory();
        final Negotiator negotiator = new Negotiator(directory, NegotiationLimits.DEFAULT);
        negotiator.stop();
        return Conversation.play(directory, negotiator, client.toArray(), 5);
    }

    @Test
    void shouldAcknowledgeStructuredRepliesOnceAndAgain() {
        final Conversation conversation = talk(ClientBytes.usual().structured().structured());
        assertThat(conversation.answerHex())
                .isEqualTo("0003e889045565a9" + "00000008" + "00000001" + "00000000"
                        + "0003e889045565a9" + "00000008" + "00000001" + "00000000");
    }

    @Test
    void shouldRefuseStructuredRepliesWithData() {
        final Conversation conversation = talk(ClientBytes.usual()
                .option(OPT_STRUCTURED_REPLY, ClientBytes.data().u16(1))
                .go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ERR_INVALID, REP_INFO, REP_ACK);
        assertThat(conversation.negotiator.negotiated().replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
    }

    @Test
    void shouldSkipAnOptionThatIsTooLongAndGoOn() {
        final Conversation conversation = Conversation.with(
                NegotiatorTest::directory,
                LIMITS,
                ClientBytes.usual()
                        .option(OPT_GO, ClientBytes.data().raw(new byte[LIMITS.optionLength() + 1]))
                        .option(UNKNOWN_OPTION, ClientBytes.data().raw(new byte[LIMITS.skipLength()]))
                        .go("disk")
                        .toArray());
        assertThat(conversation.types()).containsExactly(REP_ERR_TOO_BIG, REP_ERR_UNSUP, REP_INFO, REP_ACK);
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
    }

    @Test
    void shouldLookAtAnOptionOfExactlyTheLongestLength() {
        final Conversation conversation = Conversation.with(
                NegotiatorTest::directory,
                LIMITS,
                ClientBytes.usual()
                        .option(OPT_GO, ClientBytes.data().raw(new byte[LIMITS.optionLength()]))
                        .toArray());
        assertThat(conversation.types()).containsExactly(REP_ERR_INVALID);
    }

    @ParameterizedTest
    @ValueSource(longs = {16385, 0x7fffffffL, 0x80000000L, 0xffffffffL})
    void shouldCloseOnAnAbsurdOptionLengthAtOnce(long length) {
        for (final int option : new int[] {OPT_GO, OPT_ABORT, OPT_LIST, UNKNOWN_OPTION}) {
            final Conversation conversation = Conversation.with(
                    NegotiatorTest::directory, LIMITS, ClientBytes.usual().header(option, length).toArray());
            assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
            assertThat(conversation.answer).isEmpty();
        }
    }

    @Test
    void shouldNotAllocateForWhatIsOnlyAnnounced() {
        final Negotiator negotiator = new Negotiator(directory(), NegotiationLimits.DEFAULT);
        final int skipLength = NegotiationLimits.DEFAULT.skipLength();
        final UnsafeBuffer piece = new UnsafeBuffer(new byte[64 * 1024]);
        negotiator.onBytes(new UnsafeBuffer(ClientBytes.usual().toArray()), 0, 4);
        final byte[] header = ClientBytes.data().header(UNKNOWN_OPTION, skipLength).toArray();
        negotiator.onBytes(new UnsafeBuffer(header), 0, header.length);

        final long before = allocatedBytes();
        for (int i = 0; i < skipLength; i += piece.capacity()) {
            assertThat(negotiator.onBytes(piece, 0, piece.capacity()) == Outcome.CONTINUE).isTrue();
        }
        assertThat(allocatedBytes() - before).isLessThan(skipLength / 8);
        assertThat(Conversation.parse(negotiator.takeOutput()).get(0).type).isEqualTo(REP_ERR_UNSUP);
    }

    @Test
    void shouldCloseAfterTooManyOptions() {
        final ClientBytes client = ClientBytes.usual();
        for (int i = 0; i <= LIMITS.optionCount(); i++) {
            client.option(UNKNOWN_OPTION);
        }
        final Conversation conversation =
                Conversation.with(NegotiatorTest::directory, LIMITS, client.toArray());
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.replies()).hasSize(LIMITS.optionCount());
    }

    @Test
    void shouldCloseWhenRepliesPileUp() {
        final NegotiationLimits limits = new NegotiationLimits(1_000_000, 8192, 8192, 1, 16384);
        final ClientBytes client = ClientBytes.usual();
        for (int i = 0; i < 1000; i++) {
            client.option(UNKNOWN_OPTION);
        }
        final byte[] bytes = client.toArray();
        final Conversation inOnePiece = Conversation.play(directory(), limits, bytes, bytes.length);
        assertThat(inOnePiece.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(inOnePiece.answer).hasSizeLessThan(2 * limits.replyLength());

        final Conversation drained = Conversation.play(directory(), limits, bytes, 16);
        assertThat(drained.outcome).isEqualTo(Outcome.CONTINUE);
        assertThat(drained.replies()).hasSize(1000);
    }

    @Test
    void shouldKeepTheBytesBehindGo() {
        final byte[] client = ClientBytes.usual().go("disk").text("transmission").toArray();
        for (int pieceLength = 12; pieceLength <= client.length; pieceLength++) {
            final Conversation conversation =
                    Conversation.play(directory(), NegotiationLimits.DEFAULT, client, pieceLength);
            assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
            final int goEnd = client.length - 12;
            final int pieceEnd = Math.min(client.length, (goEnd + pieceLength - 1) / pieceLength * pieceLength);
            assertThat(new String(conversation.negotiator.unread(), UTF_8))
                    .isEqualTo("transmission".substring(0, pieceEnd - goEnd));
        }
    }

    @Test
    void shouldHaveNothingUnreadWhenNothingFollows() {
        assertThat(talk(ClientBytes.usual().go("disk")).negotiator.unread()).isEmpty();
        assertThat(talk(ClientBytes.usual().option(OPT_ABORT).text("and more")).negotiator.unread()).isEmpty();
    }

    @Test
    void shouldHandOverTheExportOnce() {
        final Conversation conversation = talk(ClientBytes.usual().go("disk"));
        assertThat(conversation.negotiator.negotiated().export()).isSameAs(conversation.directory.opened.get(0));
        assertThatThrownBy(conversation.negotiator::negotiated).isInstanceOf(IllegalStateException.class);
        conversation.negotiator.abandon();
        assertThat(conversation.directory.openCount()).isEqualTo(1);
    }

    @Test
    void shouldCloseAnExportThatNobodyTook() {
        final Conversation conversation = talk(ClientBytes.usual().go("disk"));
        assertThat(conversation.directory.openCount()).isEqualTo(1);
        conversation.negotiator.abandon();
        conversation.negotiator.abandon();
        assertThat(conversation.directory.opened.get(0).closeCount).isEqualTo(1);
    }

    @Test
    void shouldTakeNoMoreBytesWhenItIsOver() {
        for (final Conversation conversation : List.of(
                talk(ClientBytes.usual().go("disk")),
                talk(ClientBytes.usual().option(OPT_ABORT)),
                talk(ClientBytes.flags(-1)))) {
            assertThatThrownBy(() -> conversation.negotiator.onBytes(new UnsafeBuffer(new byte[1]), 0, 1))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldNotHandOverBeforeItIsNegotiated() {
        final Conversation conversation = talk(ClientBytes.usual().info("disk"));
        assertThat(conversation.outcome).isEqualTo(Outcome.CONTINUE);
        assertThatThrownBy(conversation.negotiator::negotiated).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldCloseAnExportThatBreaksWhileItIsOpened() {
        // An export that no longer has what the client selected cannot be negotiated, and must not stay open.
        final FakeDirectory directory = directory();
        final Negotiator negotiator = new Negotiator(directory, NegotiationLimits.DEFAULT);
        feed(negotiator, ClientBytes.usual().structured().setContexts("disk", "base:allocation"));
        negotiator.takeOutput();
        directory.with("disk", new ExportInfo("disk", "", 0, Set.of(), 4096, List.of()));
        feed(negotiator, ClientBytes.data().go("disk"));
        assertThat(Conversation.parse(negotiator.takeOutput()).get(0).type).isEqualTo(REP_ERR_INVALID);
        assertThat(directory.opened).hasSize(1);
        assertThat(directory.openCount()).isZero();
    }

    private static void feed(Negotiator negotiator, ClientBytes client) {
        negotiator.onBytes(new UnsafeBuffer(client.toArray()), 0, client.toArray().length);
    }

    private static long allocatedBytes() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    private static Conversation talk(ClientBytes client) {
        return Conversation.with(NegotiatorTest::directory, client);
    }

    private static FakeDirectory directory() {
        return new FakeDirectory()
                .with("disk", new ExportInfo(
                        "disk", "", 1 << 20, Set.of(Feature.FLUSH), 4096, List.of(ExportInfo.BASE_ALLOCATION)));
    }
}
