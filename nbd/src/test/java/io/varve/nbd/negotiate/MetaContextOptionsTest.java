package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.OPT_EXPORT_NAME;
import static io.varve.nbd.wire.NbdProtocol.OPT_LIST_META_CONTEXT;
import static io.varve.nbd.wire.NbdProtocol.OPT_SET_META_CONTEXT;
import static io.varve.nbd.wire.NbdProtocol.REP_ACK;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_INVALID;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_TOO_BIG;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiated.SelectedContext;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LIST_META_CONTEXT and SET_META_CONTEXT, and what a selection is worth at GO. */
class MetaContextOptionsTest {

    private static final List<String> CONTEXTS = List.of("base:allocation", "varve:layer", "varve:overlay");

    @Test
    void shouldListAllContextsWithoutAQuery() {
        final Conversation conversation = talk(ClientBytes.usual().listContexts("disk"));
        assertThat(conversation.contexts()).containsExactly("0=base:allocation", "0=varve:layer", "0=varve:overlay");
        assertThat(conversation.last().type).isEqualTo(REP_ACK);
    }

    @Test
    void shouldAnswerAListWithTheseBytes() {
        assertThat(talk(ClientBytes.usual().listContexts("disk", "base:")).answerHex())
                .isEqualTo("0003e889045565a9" + "00000009" + "00000004" + "00000013" + "00000000"
                        + "626173653a616c6c6f636174696f6e"
                        + "0003e889045565a9" + "00000009" + "00000001" + "00000000");
    }

    @Test
    void shouldListWhatMatchesAnyQueryOnce() {
        assertThat(talk(ClientBytes.usual().listContexts("disk", "varve:overlay", "base:", "base:allocation"))
                        .contexts())
                .containsExactly("0=base:allocation", "0=varve:overlay");
        assertThat(talk(ClientBytes.usual().listContexts("disk", "varve:")).contexts())
                .containsExactly("0=varve:layer", "0=varve:overlay");
    }

    @ParameterizedTest
    @ValueSource(strings = {"base:unknown", "other:", "other:leaf", "", ":", "base", "BASE:", "base:allocation2"})
    void shouldIgnoreQueriesThatMatchNothing(String query) {
        final Conversation conversation = talk(ClientBytes.usual()
                .structured()
                .listContexts("disk", query)
                .setContexts("disk", query)
                .go("disk"));
        assertThat(conversation.types().subList(0, 3)).containsExactly(REP_ACK, REP_ACK, REP_ACK);
        assertThat(conversation.negotiator.negotiated().contexts()).isEmpty();
    }

    @Test
    void shouldSelectWithTheseBytes() {
        assertThat(talk(ClientBytes.usual().structured().setContexts("disk", "base:allocation")).answerHex())
                .endsWith("0003e889045565a9" + "0000000a" + "00000004" + "00000013" + "00000001"
                        + "626173653a616c6c6f636174696f6e"
                        + "0003e889045565a9" + "0000000a" + "00000001" + "00000000");
    }

    @Test
    void shouldSelectEachContextOnceAndTellItsIdToTransmission() {
        final Conversation conversation = talk(ClientBytes.usual()
                .structured()
                .setContexts("disk", "varve:overlay", "base:allocation", "varve:overlay", "nothing:here")
                .go("disk"));
        assertThat(conversation.contexts()).containsExactly("1=base:allocation", "2=varve:overlay");
        assertThat(conversation.negotiator.negotiated().contexts())
                .containsExactly(new SelectedContext(0, 1), new SelectedContext(2, 2));
    }

    @Test
    void shouldSelectNothingByNamespace() {
        final Conversation conversation =
                talk(ClientBytes.usual().structured().setContexts("disk", "base:", "varve:").go("disk"));
        assertThat(conversation.contexts()).isEmpty();
        assertThat(conversation.negotiator.negotiated().contexts()).isEmpty();
    }

    @Test
    void shouldRefuseToSelectBeforeStructuredReplies() {
        final Conversation conversation = talk(ClientBytes.usual()
                .setContexts("disk", "base:allocation")
                .structured()
                .go("disk"));
        assertThat(conversation.types().subList(0, 2)).containsExactly(REP_ERR_INVALID, REP_ACK);
        assertThat(conversation.negotiator.negotiated().contexts()).isEmpty();
    }

    @Test
    void shouldListBeforeStructuredReplies() {
        assertThat(talk(ClientBytes.usual().listContexts("disk")).contexts()).hasSize(3);
    }

    @Test
    void shouldReplaceASelection() {
        final Conversation conversation = talk(selected().setContexts("disk", "varve:layer").go("disk"));
        assertThat(conversation.negotiator.negotiated().contexts()).containsExactly(new SelectedContext(1, 1));
    }

    @Test
    void shouldDropTheSelectionWithAnEmptySet() {
        assertSelectsNothing(selected().setContexts("disk").go("disk"));
    }

    @Test
    void shouldDropTheSelectionWithASetThatFails() {
        assertSelectsNothing(selected().setContexts("unknown", "base:allocation").go("disk"));
        assertSelectsNothing(selected().option(OPT_SET_META_CONTEXT).go("disk"));
        assertSelectsNothing(selected()
                .option(OPT_SET_META_CONTEXT, ClientBytes.data().raw(new byte[100_000]))
                .go("disk"));
    }

    @Test
    void shouldKeepTheSelectionThroughOtherOptions() {
        final Conversation conversation = talk(selected()
                .listContexts("disk")
                .info("other")
                .go("unknown")
                .structured()
                .go("disk"));
        assertThat(conversation.negotiator.negotiated().contexts()).containsExactly(new SelectedContext(0, 1));
    }

    @Test
    void shouldDropTheSelectionForAnotherExport() {
        assertSelectsNothing(selected().go("other"));
    }

    @Test
    void shouldKeepTheSelectionForAnotherNameOfTheSameExport() {
        assertThat(talk(selected().go("")).negotiator.negotiated().contexts()).hasSize(1);
        assertThat(talk(ClientBytes.usual().structured().setContexts("", "base:allocation").go("disk"))
                        .negotiator.negotiated().contexts())
                .hasSize(1);
    }

    @Test
    void shouldUseTheSelectionWithExportName() {
        final Conversation conversation =
                talk(selected().option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        // The answer to EXPORT_NAME is no reply, so the types cannot be looked at here.
        assertThat(conversation.negotiator.negotiated().contexts()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_LIST_META_CONTEXT, OPT_SET_META_CONTEXT})
    void shouldRefuseAnUnknownExport(int option) {
        final Conversation conversation =
                talk(ClientBytes.usual().structured().option(option, ClientBytes.queries("unknown")));
        assertThat(conversation.last().type).isEqualTo(REP_ERR_UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_LIST_META_CONTEXT, OPT_SET_META_CONTEXT})
    void shouldRefuseDataThatIsNoQuery(int option) {
        final Conversation conversation = talk(ClientBytes.usual()
                .structured()
                .option(option)
                .option(option, ClientBytes.data().u32(4).text("dis"))
                .option(option, ClientBytes.data().string("disk"))
                .option(option, ClientBytes.data().string("disk").u16(0))
                .option(option, ClientBytes.data().string("disk").u32(1))
                .option(option, ClientBytes.data().string("disk").u32(0).raw((byte) 0))
                .option(option, ClientBytes.data().string("disk").u32(0xffffffffL).string("base:"))
                .option(option, ClientBytes.data().string("disk").u32(2).string("base:"))
                .option(option, ClientBytes.data().string("disk").u32(1).string("base:").string("base:"))
                .option(option, ClientBytes.data().string("disk").u32(1).u32(6).text("base:"))
                .option(option, ClientBytes.data().string("disk").u32(1).u32(0xffffffffL))
                .option(option, ClientBytes.data().string("disk").u32(1).string("base:\u0000"))
                .option(option, ClientBytes.data().string("disk").u32(1).u32(1).raw((byte) 0x80))
                .option(option, ClientBytes.data().string("disk").u32(1).string("x".repeat(4097))));
        assertThat(conversation.types().subList(1, 15)).hasSize(14).containsOnly(REP_ERR_INVALID);
        assertThat(conversation.types()).hasSize(15);
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_LIST_META_CONTEXT, OPT_SET_META_CONTEXT})
    void shouldRefuseTooManyQueries(int option) {
        final String[] queries = new String[NegotiationLimits.DEFAULT.queryCount() + 1];
        Arrays.fill(queries, "base:allocation");
        final Conversation conversation = talk(ClientBytes.usual()
                .structured()
                .option(option, ClientBytes.queries("disk", queries))
                .option(option, ClientBytes.queries("disk", "base:allocation")));
        assertThat(conversation.types().get(1)).isEqualTo(REP_ERR_TOO_BIG);
        assertThat(conversation.last().type).isEqualTo(REP_ACK);
    }

    private static void assertSelectsNothing(ClientBytes client) {
        assertThat(talk(client).negotiator.negotiated().contexts()).isEmpty();
    }

    private static ClientBytes selected() {
        return ClientBytes.usual().structured().setContexts("disk", "base:allocation");
    }

    private static Conversation talk(ClientBytes client) {
        return Conversation.with(MetaContextOptionsTest::directory, client);
    }

    private static FakeDirectory directory() {
        final ExportInfo disk = new ExportInfo("disk", "", 1 << 20, Set.of(), 4096, CONTEXTS);
        return new FakeDirectory()
                .with("disk", disk)
                .with("", disk)
                .with("other", new ExportInfo("other", "", 1 << 20, Set.of(), 4096, CONTEXTS));
    }
}
