package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.OPT_ABORT;
import static io.varve.nbd.wire.NbdProtocol.OPT_EXPORT_NAME;
import static io.varve.nbd.wire.NbdProtocol.OPT_LIST;
import static io.varve.nbd.wire.NbdProtocol.OPT_STARTTLS;
import static io.varve.nbd.wire.NbdProtocol.OPT_STRUCTURED_REPLY;
import static io.varve.nbd.wire.NbdProtocol.REP_ACK;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_INVALID;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_TLS_REQD;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_UNSUP;
import static io.varve.nbd.wire.NbdProtocol.REP_INFO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.ReplyStyle;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** STARTTLS in the three modes of a listener, up to the handshake of TLS and from its end on. */
class StartTlsTest {

    private static final int UNKNOWN_OPTION = 0x7a7a;
    private static final ClientBytes SOMETHING = ClientBytes.data().u16(1);

    private final FakeDirectory directory = directory();

    @Test
    void shouldNotHaveStartTlsWhenItIsOff() {
        final Conversation conversation =
                talk(TlsMode.OFF, ClientBytes.usual().option(OPT_STARTTLS).option(OPT_STARTTLS, SOMETHING).go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ERR_UNSUP, REP_ERR_UNSUP, REP_INFO, REP_ACK);
    }

    @ParameterizedTest
    @EnumSource(value = TlsMode.class, names = {"ON", "REQUIRE"})
    void shouldAcknowledgeStartTlsInPlainText(TlsMode mode) {
        final Conversation conversation = talk(mode, ClientBytes.usual().option(OPT_STARTTLS));
        assertThat(conversation.outcome).isEqualTo(Outcome.START_TLS);
        assertThat(conversation.answerHex()).isEqualTo("0003e889045565a9" + "00000005" + "00000001" + "00000000");
    }

    @ParameterizedTest
    @EnumSource(value = TlsMode.class, names = {"ON", "REQUIRE"})
    void shouldRefuseStartTlsWithDataAndGoOn(TlsMode mode) {
        final int tooLong = NegotiationLimits.DEFAULT.optionLength() + 1;
        final Conversation conversation = talk(mode, ClientBytes.usual()
                .option(OPT_STARTTLS, SOMETHING)
                .option(OPT_STARTTLS, ClientBytes.data().raw(new byte[tooLong]))
                .option(OPT_STARTTLS));
        assertThat(conversation.types()).containsExactly(REP_ERR_INVALID, REP_ERR_INVALID, REP_ACK);
        assertThat(conversation.outcome).isEqualTo(Outcome.START_TLS);
    }

    @ParameterizedTest
    @EnumSource(value = TlsMode.class, names = {"ON", "REQUIRE"})
    void shouldEndOnPlainTextBehindStartTls(TlsMode mode) {
        final byte[] client = ClientBytes.usual().option(OPT_STARTTLS).option(OPT_LIST).toArray();
        for (int pieceLength = 1; pieceLength <= client.length; pieceLength++) {
            final Conversation conversation =
                    Conversation.play(directory, negotiator(mode), client, pieceLength);
            assertThat(conversation.outcome).as("in pieces of %d", pieceLength).isEqualTo(Outcome.CLOSE);
            assertThat(conversation.types()).containsExactly(REP_ACK);
            assertThatThrownBy(() -> conversation.negotiator.secured(directory))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldServeInPlainTextWhenTlsIsOn() {
        final Conversation conversation = talk(TlsMode.ON, ClientBytes.usual().option(OPT_LIST).go("disk"));
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
        assertThat(conversation.types()).doesNotContain(REP_ERR_TLS_REQD);
    }

    @Test
    void shouldRefuseEverythingElseWhenTlsIsRequired() {
        final Conversation conversation = talk(TlsMode.REQUIRE, ClientBytes.usual()
                .option(OPT_LIST)
                .option(OPT_LIST, SOMETHING)
                .structured()
                .info("disk")
                .go("disk")
                .go("unknown")
                .setContexts("disk", "base:allocation")
                .listContexts("disk")
                .option(UNKNOWN_OPTION)
                .option(UNKNOWN_OPTION, ClientBytes.data().raw(new byte[20_000])));
        assertThat(conversation.types()).hasSize(10).containsOnly(REP_ERR_TLS_REQD);
        assertThat(conversation.outcome).isEqualTo(Outcome.CONTINUE);
        assertThat(conversation.directory.opened).isEmpty();
    }

    @Test
    void shouldEndOnExportNameWhenTlsIsRequired() {
        final Conversation conversation = talk(
                TlsMode.REQUIRE, ClientBytes.usual().option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.answer).isEmpty();
        assertThat(conversation.directory.opened).isEmpty();
    }

    @Test
    void shouldAcknowledgeAbortWhenTlsIsRequired() {
        final Conversation conversation = talk(TlsMode.REQUIRE, ClientBytes.usual().option(OPT_ABORT));
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.types()).containsExactly(REP_ACK);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void shouldHaveNoTlsForClientsWithoutFixedNewstyle(int flags) {
        final Conversation on = talk(TlsMode.ON, ClientBytes.flags(flags).option(OPT_STARTTLS).go("disk"));
        assertThat(on.types()).containsExactly(REP_ERR_UNSUP, REP_INFO, REP_ACK);
        assertThat(talk(TlsMode.REQUIRE, ClientBytes.flags(flags)).outcome).isEqualTo(Outcome.CLOSE);
    }

    @Test
    void shouldForgetWhatWasAgreedInPlainText() {
        final Negotiator negotiator = talk(TlsMode.ON, ClientBytes.usual()
                        .structured()
                        .setContexts("disk", "base:allocation")
                        .option(OPT_STARTTLS))
                .negotiator;
        negotiator.secured(directory);
        assertThat(say(negotiator, ClientBytes.data().go("disk"))).isEqualTo(Outcome.NEGOTIATED);
        final Negotiated negotiated = negotiator.negotiated();
        assertThat(negotiated.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(negotiated.contexts()).isEmpty();
    }

    @Test
    void shouldShowAndOpenTheDirectoryOfTheSecuredClient() {
        final Negotiator negotiator =
                talk(TlsMode.REQUIRE, ClientBytes.usual().option(OPT_STARTTLS)).negotiator;
        final FakeDirectory other = directory();
        negotiator.secured(other);
        say(negotiator, ClientBytes.data().go("disk"));
        assertThat(directory.opened).isEmpty();
        assertThat(other.opened).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(value = TlsMode.class, names = {"ON", "REQUIRE"})
    void shouldServeEverythingUnderTlsButASecondStartTls(TlsMode mode) {
        final Negotiator negotiator = talk(mode, ClientBytes.usual().option(OPT_STARTTLS)).negotiator;
        negotiator.secured(directory);
        say(negotiator, ClientBytes.data()
                .option(OPT_STARTTLS)
                .option(OPT_STARTTLS, SOMETHING)
                .option(OPT_STRUCTURED_REPLY)
                .option(UNKNOWN_OPTION)
                .go("disk"));
        assertThat(Conversation.parse(negotiator.takeOutput()).stream().map(reply -> reply.type))
                .containsExactly(REP_ERR_INVALID, REP_ERR_INVALID, REP_ACK, REP_ERR_UNSUP, REP_INFO, REP_ACK);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldPadExportNameUnderTlsAsTheClientFlagsSaid(int flags) {
        final Negotiator negotiator =
                talk(TlsMode.REQUIRE, ClientBytes.flags(flags).option(OPT_STARTTLS)).negotiator;
        negotiator.secured(directory);
        say(negotiator, ClientBytes.data().option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        assertThat(negotiator.takeOutput()).hasSize(flags == 3 ? 10 : 134);
    }

    @Test
    void shouldNotBecomeSecureUnasked() {
        final Negotiator negotiator = talk(TlsMode.ON, ClientBytes.usual().option(OPT_LIST)).negotiator;
        assertThatThrownBy(() -> negotiator.secured(directory)).isInstanceOf(IllegalStateException.class);
    }

    private static Outcome say(Negotiator negotiator, ClientBytes client) {
        return negotiator.onBytes(new UnsafeBuffer(client.toArray()), 0, client.toArray().length);
    }

    private Conversation talk(TlsMode mode, ClientBytes client) {
        return Conversation.play(directory, negotiator(mode), client.toArray(), Integer.MAX_VALUE / 2);
    }

    private Negotiator negotiator(TlsMode mode) {
        return new Negotiator(directory, NegotiationLimits.DEFAULT, mode);
    }

    private static FakeDirectory directory() {
        return new FakeDirectory()
                .with("disk", new ExportInfo(
                        "disk", "", 1 << 20, Set.of(), 4096, List.of(ExportInfo.BASE_ALLOCATION)));
    }
}
