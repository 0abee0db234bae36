package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.OPT_EXTENDED_HEADERS;
import static io.varve.nbd.wire.NbdProtocol.OPT_STRUCTURED_REPLY;
import static io.varve.nbd.wire.NbdProtocol.REP_ACK;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_EXT_HEADER_REQD;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_INVALID;
import static io.varve.nbd.wire.NbdProtocol.REP_INFO;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.ReplyStyle;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ExtendedHeadersTest {

    @Test
    void shouldAgreeWithoutStructuredRepliesBefore() {
        final Conversation conversation = talk(ClientBytes.usual().option(OPT_EXTENDED_HEADERS).go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ACK, REP_INFO, REP_ACK);
        assertThat(conversation.negotiator.negotiated().replyStyle()).isEqualTo(ReplyStyle.EXTENDED);
    }

    @Test
    void shouldAgreeAfterStructuredReplies() {
        final Conversation conversation = talk(
                ClientBytes.usual().option(OPT_STRUCTURED_REPLY).option(OPT_EXTENDED_HEADERS).go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ACK, REP_ACK, REP_INFO, REP_ACK);
        assertThat(conversation.negotiator.negotiated().replyStyle()).isEqualTo(ReplyStyle.EXTENDED);
    }

    @Test
    void shouldAgreeAgain() {
        final Conversation conversation = talk(
                ClientBytes.usual().option(OPT_EXTENDED_HEADERS).option(OPT_EXTENDED_HEADERS).go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ACK, REP_ACK, REP_INFO, REP_ACK);
    }

    @Test
    void shouldRefuseDataAndLeaveTheStyleAsItWas() {
        final Conversation conversation = talk(
                ClientBytes.usual().option(OPT_EXTENDED_HEADERS, ClientBytes.data().text("x")).go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ERR_INVALID, REP_INFO, REP_ACK);
        assertThat(conversation.negotiator.negotiated().replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
    }

    @Test
    void shouldNotGoBackToStructuredReplies() {
        final Conversation conversation = talk(
                ClientBytes.usual().option(OPT_EXTENDED_HEADERS).option(OPT_STRUCTURED_REPLY).go("disk"));
        assertThat(conversation.types()).containsExactly(REP_ACK, REP_ERR_EXT_HEADER_REQD, REP_INFO, REP_ACK);
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
        assertThat(conversation.negotiator.negotiated().replyStyle()).isEqualTo(ReplyStyle.EXTENDED);
    }

    private static Conversation talk(ClientBytes client) {
        return Conversation.with(ExtendedHeadersTest::directory, client);
    }

    private static FakeDirectory directory() {
        return new FakeDirectory().with("disk", new ExportInfo("disk", "", 1 << 20, Set.of(), 4096, List.of()));
    }
}
