package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.INFO_BLOCK_SIZE;
import static io.varve.nbd.wire.NbdProtocol.INFO_DESCRIPTION;
import static io.varve.nbd.wire.NbdProtocol.INFO_EXPORT;
import static io.varve.nbd.wire.NbdProtocol.INFO_NAME;
import static io.varve.nbd.wire.NbdProtocol.OPT_ABORT;
import static io.varve.nbd.wire.NbdProtocol.OPT_EXPORT_NAME;
import static io.varve.nbd.wire.NbdProtocol.OPT_GO;
import static io.varve.nbd.wire.NbdProtocol.OPT_INFO;
import static io.varve.nbd.wire.NbdProtocol.OPT_LIST;
import static io.varve.nbd.wire.NbdProtocol.REP_ACK;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_INVALID;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_POLICY;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_SHUTDOWN;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_TOO_BIG;
import static io.varve.nbd.wire.NbdProtocol.REP_ERR_UNKNOWN;
import static io.varve.nbd.wire.NbdProtocol.REP_INFO;
import static io.varve.nbd.wire.NbdProtocol.REP_SERVER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.ReplyStyle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** EXPORT_NAME, ABORT, LIST, INFO and GO. */
class ExportOptionsTest {

    private static final String REPLY_MAGIC = "0003e889045565a9";

    @Test
    void shouldAnswerExportNameWithSizeFlagsAndPadding() {
        final Conversation conversation =
                talk(ClientBytes.flags(1).option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
        assertThat(conversation.answerHex()).isEqualTo("0000000012345000" + "000d" + "00".repeat(124));
    }

    @Test
    void shouldAnswerExportNameWithoutPaddingIfAgreed() {
        final Conversation conversation =
                talk(ClientBytes.flags(3).option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
        assertThat(conversation.answerHex()).isEqualTo("0000000012345000" + "000d");
    }

    @Test
    void shouldServeAClientOfTheDaysBeforeFixedNewstyle() {
        final Conversation conversation =
                talk(ClientBytes.flags(0).option(OPT_EXPORT_NAME, ClientBytes.data()));
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
        assertThat(conversation.answer).hasSize(10 + 124);
        assertThat(conversation.negotiator.negotiated().info().name()).isEqualTo("disk");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "forbidden", "closing", "broken", "di\u0000sk"})
    void shouldCloseOnAnExportNameThatCannotBeHad(String name) {
        final Conversation conversation =
                talk(ClientBytes.usual().option(OPT_EXPORT_NAME, ClientBytes.data().text(name)));
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.answer).isEmpty();
    }

    @Test
    void shouldCloseOnAnExportNameThatIsTooLong() {
        for (final int length : new int[] {4097, 70_000}) {
            final Conversation conversation =
                    talk(ClientBytes.usual().option(OPT_EXPORT_NAME, ClientBytes.data().text("x".repeat(length))));
            assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
            assertThat(conversation.answer).isEmpty();
        }
    }

    @Test
    void shouldKeepStructuredRepliesWithExportName() {
        final Conversation conversation =
                talk(ClientBytes.usual().structured().option(OPT_EXPORT_NAME, ClientBytes.data().text("disk")));
        assertThat(conversation.answerHex()).endsWith("0000000012345000" + "008d");
        assertThat(conversation.negotiator.negotiated().replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 100_000})
    void shouldAcknowledgeAbortWhateverItBrings(int dataLength) {
        final Conversation conversation =
                talk(ClientBytes.usual().option(OPT_ABORT, ClientBytes.data().raw(new byte[dataLength])).go("disk"));
        assertThat(conversation.answerHex()).isEqualTo(REPLY_MAGIC + "00000002" + "00000001" + "00000000");
        assertThat(conversation.outcome).isEqualTo(Outcome.CLOSE);
        assertThat(conversation.directory.opened).isEmpty();
    }

    @Test
    void shouldListExportsWithTheirDescriptions() {
        final Conversation conversation = Conversation.with(
                () -> new FakeDirectory().with("a", info("a", "first")).with("\u00e4", info("\u00e4", "")),
                ClientBytes.usual().option(OPT_LIST));
        assertThat(conversation.answerHex())
                .isEqualTo(REPLY_MAGIC + "00000003" + "00000002" + "0000000a" + "00000001" + "61" + "6669727374"
                        + REPLY_MAGIC + "00000003" + "00000002" + "00000006" + "00000002" + "c3a4"
                        + REPLY_MAGIC + "00000003" + "00000001" + "00000000");
    }

    @Test
    void shouldRefuseListWithData() {
        final Conversation conversation =
                talk(ClientBytes.usual().option(OPT_LIST, ClientBytes.data().raw((byte) 0)).option(OPT_LIST));
        assertThat(conversation.types().subList(0, 2)).containsExactly(REP_ERR_INVALID, REP_SERVER);
    }

    @Test
    void shouldRefuseAListThatWouldBeTooLong() {
        final NegotiationLimits limits = new NegotiationLimits(9, 8192, 8192, 1, 16384);
        final FakeDirectory directory = new FakeDirectory();
        for (int i = 0; i < 1000; i++) {
            directory.with("export-" + i, info("export-" + i, ""));
        }
        final Conversation conversation = Conversation.with(
                () -> directory, limits, ClientBytes.usual().option(OPT_LIST).go("export-7").toArray());
        assertThat(conversation.types()).containsExactly(REP_ERR_TOO_BIG, REP_INFO, REP_ACK);
    }

    @Test
    void shouldAnswerGoWithTheSizeAlone() {
        final Conversation conversation = talk(ClientBytes.usual().go("disk"));
        assertThat(conversation.answerHex())
                .isEqualTo(REPLY_MAGIC + "00000007" + "00000003" + "0000000c" + "0000" + "0000000012345000" + "000d"
                        + REPLY_MAGIC + "00000007" + "00000001" + "00000000");
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
    }

    @Test
    void shouldNeverPadTheAnswerToGo() {
        assertThat(talk(ClientBytes.flags(1).go("disk")).answer).hasSize(20 + 12 + 20);
    }

    @Test
    void shouldTellWhatIsAskedFor() {
        final Conversation conversation =
                talk(ClientBytes.usual().go("", INFO_BLOCK_SIZE, INFO_NAME, INFO_DESCRIPTION));
        final Map<Integer, ByteBuffer> infos = conversation.infos();
        assertThat(infos).containsOnlyKeys(INFO_EXPORT, INFO_NAME, INFO_DESCRIPTION, INFO_BLOCK_SIZE);
        assertThat(UTF_8.decode(infos.get(INFO_NAME)).toString()).isEqualTo("disk");
        assertThat(UTF_8.decode(infos.get(INFO_DESCRIPTION)).toString()).isEqualTo("the disk");
        final ByteBuffer sizes = infos.get(INFO_BLOCK_SIZE);
        assertThat(sizes.remaining()).isEqualTo(12);
        assertThat(new int[] {sizes.getInt(), sizes.getInt(), sizes.getInt()})
                .containsExactly(1, 8192, 32 * 1024 * 1024);
    }

    @Test
    void shouldIgnoreUnknownAndRepeatedInformationRequests() {
        final Conversation conversation =
                talk(ClientBytes.usual().info("disk", 0, INFO_NAME, 77, INFO_NAME, 0xffff, INFO_NAME, INFO_EXPORT));
        assertThat(conversation.infos()).containsOnlyKeys(INFO_EXPORT, INFO_NAME);
        assertThat(conversation.last().type).isEqualTo(REP_ACK);
    }

    @Test
    void shouldOmitADescriptionThatThereIsNot() {
        final Conversation conversation = Conversation.with(
                () -> new FakeDirectory().with("bare", info("bare", "")),
                ClientBytes.usual().info("bare", INFO_DESCRIPTION));
        assertThat(conversation.infos()).containsOnlyKeys(INFO_EXPORT);
    }

    @Test
    void shouldAnswerInfoAsGoWithoutOpening() {
        final int[] all = {INFO_NAME, INFO_DESCRIPTION, INFO_BLOCK_SIZE};
        final Conversation info = talk(ClientBytes.usual().structured().info("disk", all).info("disk", all));
        assertThat(info.outcome).isEqualTo(Outcome.CONTINUE);
        assertThat(info.directory.opened).isEmpty();
        final Conversation go = talk(ClientBytes.usual().structured().go("disk", all));
        assertThat(info.answerHex().replace(REPLY_MAGIC + "00000006", REPLY_MAGIC + "00000007"))
                .startsWith(go.answerHex());
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_INFO, OPT_GO})
    void shouldMapTheReasonToTheReplyAndKeepItsText(int option) {
        final Conversation conversation = talk(ClientBytes.usual()
                .option(option, ClientBytes.export("none", INFO_NAME))
                .option(option, ClientBytes.export("forbidden"))
                .option(option, ClientBytes.export("closing"))
                .option(option, ClientBytes.export("broken")));
        assertThat(conversation.types())
                .containsExactly(REP_ERR_UNKNOWN, REP_ERR_POLICY, REP_ERR_SHUTDOWN, REP_ERR_UNKNOWN);
        assertThat(conversation.replies()).extracting(Conversation.Reply::text)
                .containsExactly("no export 'none'", "not for you", "going down", "page 7 of layer x is bad");
        assertThat(conversation.replies()).allMatch(reply -> reply.option == option);
    }

    @Test
    void shouldMakeAnErrorTextDisplayable() {
        final String name = "\u001b[2J\n".repeat(2) + "\u20ac".repeat(1361);
        final Conversation conversation = talk(ClientBytes.usual().info(name));
        assertThat(conversation.last().type).isEqualTo(REP_ERR_UNKNOWN);
        final String text = conversation.last().text();
        assertThat(text).startsWith("no export ' [2J  [2J \u20ac").doesNotContain("\ufffd");
        assertThat(conversation.last().data).hasSizeBetween(4094, 4096);
    }

    @Test
    void shouldTakeNamesOfUpTo4096Bytes() {
        final Conversation conversation = talk(
                ClientBytes.usual().info("x".repeat(4096)).info("x".repeat(4097)).info("\u20ac".repeat(1365)));
        assertThat(conversation.types()).containsExactly(REP_ERR_UNKNOWN, REP_ERR_INVALID, REP_ERR_UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(ints = {OPT_INFO, OPT_GO})
    void shouldRefuseDataThatIsNotInfoOrGo(int option) {
        final Conversation conversation = talk(ClientBytes.usual()
                .option(option)
                .option(option, ClientBytes.data().raw(new byte[3]))
                .option(option, ClientBytes.data().u32(0))
                .option(option, ClientBytes.data().u32(0).raw(new byte[1]))
                .option(option, ClientBytes.data().u32(1).u16(0))
                .option(option, ClientBytes.data().u32(0xffffffffL).u16(0))
                .option(option, ClientBytes.data().u32(0x7fffffffL).text("disk").u16(0))
                .option(option, ClientBytes.data().string("disk").u16(1))
                .option(option, ClientBytes.data().string("disk").u16(1).raw(new byte[1]))
                .option(option, ClientBytes.data().string("disk").u16(0).u16(0))
                .option(option, ClientBytes.data().string("disk").u16(0xffff).u16(0))
                .option(option, ClientBytes.data().string("di\u0000sk").u16(0))
                .option(option, ClientBytes.data().u32(2).raw((byte) 0xc3, (byte) 0x28).u16(0))
                .option(option, ClientBytes.data().u32(3).raw((byte) 0xed, (byte) 0xa0, (byte) 0x80).u16(0))
                .option(option, ClientBytes.data().u32(1).raw((byte) 0xff).u16(0)));
        assertThat(conversation.types()).hasSize(15).containsOnly(REP_ERR_INVALID);
        assertThat(conversation.replies()).allMatch(reply -> reply.option == option && reply.data.length > 0);
        assertThat(conversation.directory.opened).isEmpty();
    }

    @Test
    void shouldGoAfterErrors() {
        final Conversation conversation =
                talk(ClientBytes.usual().go("none").info("none").go("closing").go("disk"));
        assertThat(conversation.types())
                .containsExactly(REP_ERR_UNKNOWN, REP_ERR_UNKNOWN, REP_ERR_SHUTDOWN, REP_INFO, REP_ACK);
        assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
        assertThat(conversation.directory.opened).hasSize(1);
    }

    @Test
    void shouldHandOverWhatWasAgreed() {
        final Negotiated plain = talk(ClientBytes.usual().go("disk")).negotiator.negotiated();
        assertThat(plain.info().size()).isEqualTo(0x12345000);
        assertThat(plain.transmissionFlags()).isEqualTo(0x0d);
        assertThat(plain.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(plain.contexts()).isEmpty();
        final Negotiated structured = talk(ClientBytes.usual().structured().go("disk")).negotiator.negotiated();
        assertThat(structured.transmissionFlags()).isEqualTo(0x8d);
        assertThat(structured.replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
    }

    private static Conversation talk(ClientBytes client) {
        return Conversation.with(ExportOptionsTest::directory, client);
    }

    private static FakeDirectory directory() {
        final ExportInfo disk = new ExportInfo(
                "disk", "the disk", 0x12345000, Set.of(Feature.FLUSH, Feature.FUA), 8192, List.of());
        return new FakeDirectory()
                .with("disk", disk)
                .with("", disk)
                .failing("forbidden", ExportException.Kind.FORBIDDEN, "not for you")
                .failing("closing", ExportException.Kind.SHUTTING_DOWN, "going down")
                .failing("broken", ExportException.Kind.FAILED, "page 7 of layer x is bad");
    }

    private static ExportInfo info(String name, String description) {
        return new ExportInfo(name, description, 4096, Set.of(), 4096, List.of());
    }
}
