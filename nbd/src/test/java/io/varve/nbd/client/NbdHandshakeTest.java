package io.varve.nbd.client;

import static io.varve.nbd.client.ScriptedServer.bytes;
import static io.varve.nbd.client.ScriptedServer.greeting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.nbd.export.ExportDirectory.Listing;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The client's side of the handshake, against servers that keep the rules and servers that do not. */
class NbdHandshakeTest {

    @Test
    void shouldAskForAllInUsualOrder() throws IOException {
        final ScriptedServer server = ScriptedServer.structured();
        final NbdClient client = NbdClient.connect(server, ClientOptions.structured("disk"));
        assertThat(server.takeReceived())
                .isEqualTo("00000003"
                        + "49484156454f5054" + "00000008" + "00000000"
                        + "49484156454f5054" + "0000000a" + "0000001f" + "00000004" + "6469736b" + "00000001"
                        + "0000000f" + "626173653a616c6c6f636174696f6e"
                        + "49484156454f5054" + "00000007" + "00000010" + "00000004" + "6469736b"
                        + "0003" + "0001" + "0002" + "0003");
        assertThat(client.replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
        assertThat(client.contextNames()).containsExactly("base:allocation");
        assertThat(client.export().size()).isEqualTo(ScriptedServer.SIZE);
        assertThat(client.export().has(NbdProtocol.TRANSMIT_SEND_DF)).isTrue();
        assertThat(client.export().has(NbdProtocol.TRANSMIT_READ_ONLY)).isFalse();
    }

    @Test
    void shouldAskForNothingThatItIsNotToldTo() throws IOException {
        final ScriptedServer server = ScriptedServer.simple();
        final NbdClient client = NbdClient.connect(server, ClientOptions.simple(""));
        assertThat(server.takeReceived())
                .isEqualTo("00000003" + "49484156454f5054" + "00000007" + "0000000c" + "00000000"
                        + "0003" + "0001" + "0002" + "0003");
        assertThat(client.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(client.contextNames()).isEmpty();
        assertThat(client.export().blockSizes()).isEqualTo(BlockSizes.DEFAULT);
    }

    @Test
    void shouldDoWithoutStructuredReplies() throws IOException {
        final ScriptedServer server = greeting()
                .reply(8, NbdProtocol.REP_ERR_UNSUP, bytes())
                .exportInfo(7, 4096, ScriptedServer.FLAGS)
                .ack(7);
        final NbdClient client = NbdClient.connect(server, ClientOptions.structured("disk"));
        assertThat(client.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(client.contextNames()).isEmpty();
    }

    @Test
    void shouldTellWhatItLearned() throws IOException {
        final ServerExport export = new NbdHandshake(greeting()
                        .reply(6, 3, bytes().u16(3).u32(512).u32(4096).u32(0xffffffffL))
                        .reply(6, 3, bytes().u16(99).text("of the future"))
                        .reply(6, 3, bytes().u16(2).text("a disk"))
                        .reply(6, 3, bytes().u16(1).text("canonical"))
                        .exportInfo(6, 1L << 40, ScriptedServer.FLAGS)
                        .ack(6))
                .info("alias");
        assertThat(export)
                .isEqualTo(new ServerExport(
                        "canonical", "a disk", 1L << 40, 1, new BlockSizes(512, 4096, 0xffffffffL)));
    }

    @Test
    void shouldListExports() throws IOException {
        final NbdHandshake handshake = new NbdHandshake(greeting()
                .reply(3, 2, bytes().string("a").text("first"))
                .reply(3, 2, bytes().string("\u00e4"))
                .ack(3));
        assertThat(handshake.list()).containsExactly(new Listing("a", "first"), new Listing("\u00e4", ""));
    }

    @Test
    void shouldListContexts() throws IOException {
        final NbdHandshake handshake = new NbdHandshake(
                greeting().reply(9, 4, bytes().u32(0).text("base:allocation")).ack(9));
        assertThat(handshake.listMetaContexts("disk", List.of()))
                .containsExactly(new MetaContext(0, "base:allocation"));
    }

    @Test
    void shouldGoOnAfterARefusal() throws IOException {
        final ScriptedServer server = greeting()
                .reply(6, NbdProtocol.REP_ERR_UNKNOWN, bytes().text("no such disk"))
                .exportInfo(7, 4096, ScriptedServer.FLAGS)
                .ack(7);
        final NbdHandshake handshake = new NbdHandshake(server);
        final NegotiationException refusal =
                catchThrowableOfType(NegotiationException.class, () -> handshake.info("none"));
        assertThat(refusal).hasMessageContaining("unknown export").hasMessageContaining("no such disk");
        assertThat(refusal.option()).isEqualTo(NbdProtocol.OPT_INFO);
        assertThat(refusal.replyType()).isEqualTo(NbdProtocol.REP_ERR_UNKNOWN);
        assertThat(handshake.go("disk").export().size()).isEqualTo(4096);
        assertThat(server.closeCount).isZero();
    }

    @Test
    void shouldCloseIfItCannotConnect() {
        final ScriptedServer server = greeting().reply(7, NbdProtocol.REP_ERR_POLICY, bytes());
        assertThatThrownBy(() -> NbdClient.connect(server, ClientOptions.simple("disk")))
                .isInstanceOf(NegotiationException.class);
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void shouldForgetContextsOfAnotherExport() throws IOException {
        final NbdHandshake handshake = new NbdHandshake(ScriptedServer.structured());
        handshake.requestStructuredReplies();
        handshake.setMetaContexts("disk", List.of("base:allocation"));
        assertThat(handshake.go("other").contextNames()).isEmpty();
    }

    @Test
    void shouldEnterByExportName() throws IOException {
        final ScriptedServer server = greeting().u64(4096).u16(1).simpleReply(1, 0).text("data");
        final NbdHandshake handshake = new NbdHandshake(server);
        server.takeReceived();
        final NbdClient client = handshake.exportName("disk");
        assertThat(server.takeReceived()).isEqualTo("49484156454f5054" + "00000001" + "00000004" + "6469736b");
        assertThat(client.export().size()).isEqualTo(4096);
        assertThat(client.read(0, 4)).asString().isEqualTo("data");
    }

    @Test
    void shouldSkipThePaddingOfAServerThatInsistsOnIt() throws IOException {
        final ScriptedServer server = new ScriptedServer()
                .u64(0x4e42444d41474943L)
                .u64(0x49484156454f5054L)
                .u16(1)
                .u64(4096)
                .u16(1)
                .raw(new byte[124])
                .simpleReply(1, 0)
                .text("data");
        final NbdHandshake handshake = new NbdHandshake(server);
        assertThat(server.takeReceived()).isEqualTo("00000001");
        assertThat(handshake.exportName("disk").read(0, 4)).asString().isEqualTo("data");
    }

    @Test
    void shouldTakeLeave() throws IOException {
        final ScriptedServer server = greeting().ack(2);
        new NbdHandshake(server).abort();
        assertThat(server.takeReceived()).endsWith("49484156454f5054" + "00000002" + "00000000");
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void shouldTakeLeaveOfAServerThatClosesAtOnce() throws IOException {
        final ScriptedServer server = greeting();
        new NbdHandshake(server).abort();
        assertThat(server.isOpen()).isFalse();
        assertViolation("option 3 is answered", () -> new NbdHandshake(greeting().ack(3)).abort());
    }

    @Test
    void shouldRefuseWhatIsNoFixedNewstyleServer() {
        for (final ScriptedServer server : List.of(
                bytes().text("SSH-2.0-OpenSSH_9.2p1"),
                bytes().u64(0x4e42444d41474943L).u64(0x00420281861253L).raw(new byte[136]),
                bytes().u64(0x4e42444d41474943L).u64(0x49484156454f5054L).u16(2))) {
            assertThatThrownBy(() -> new NbdHandshake(server)).isInstanceOf(ProtocolException.class);
            assertThat(server.isOpen()).isFalse();
        }
        assertThatThrownBy(() -> new NbdHandshake(bytes().u64(0x4e42444d41474943L)))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("8 of 18 bytes of the greeting");
    }

    @Test
    void shouldRefuseRepliesThatBreakTheRules() {
        assertInfoViolation("wrong magic", greeting().u64(0x3e889045565aaL).raw(new byte[12]));
        assertInfoViolation("option 7 is answered", greeting().ack(7));
        assertInfoViolation("ACK with 1 bytes", greeting().reply(6, 1, bytes().raw((byte) 0)));
        assertInfoViolation("reply of type 2", greeting().reply(6, 2, bytes().string("a")));
        assertInfoViolation("too long a reply", greeting().u64(0x3e889045565a9L).u32(6).u32(3).u32(0xffffffffL));
        assertInfoViolation("not tell its size", greeting().ack(6));
        assertInfoViolation("information type", greeting().reply(6, 3, bytes().raw((byte) 0)));
        assertInfoViolation("export information", greeting().reply(6, 3, bytes().u16(0).raw(new byte[9])));
        assertInfoViolation("export information", greeting().reply(6, 3, bytes().u16(0).raw(new byte[11])));
        assertInfoViolation("block sizes", greeting().reply(6, 3, bytes().u16(3).raw(new byte[13])));
        assertInfoViolation("bad description", greeting().reply(6, 3, bytes().u16(2).raw((byte) 0xff)));
        assertInfoViolation("bad canonical name", greeting().reply(6, 3, bytes().u16(1).raw(new byte[1])));
        assertInfoViolation("text of an error", greeting().reply(6, -1, bytes().raw((byte) 0xff)));
        assertInfoViolation("has 18446744073709551615 bytes", greeting().exportInfo(6, -1, 1).ack(6));
        assertInfoViolation("without HAS_FLAGS", greeting().exportInfo(6, 1, 4).ack(6));
        assertInfoViolation("SEND_DF", greeting().exportInfo(6, 1, 0x81).ack(6));
        assertInfoViolation("SEND_FAST_ZERO", greeting().exportInfo(6, 1, 0x801).ack(6));
    }

    @Test
    void shouldRefuseImpossibleBlockSizes() {
        final long[][] impossible = {
            {0, 4096, 1 << 20}, {3, 4096, 1 << 20}, {131072, 131072, 1 << 20}, {1, 256, 1 << 20},
            {1, 4097, 1 << 20}, {4096, 512, 1 << 20}, {512, 4096, 2048}
        };
        for (final long[] sizes : impossible) {
            assertInfoViolation("impossible block sizes", greeting()
                    .reply(6, 3, bytes().u16(3).u32(sizes[0]).u32(sizes[1]).u32(sizes[2])));
        }
    }

    @Test
    void shouldRefuseAnEndlessList() {
        final ScriptedServer server = greeting();
        final ScriptedServer reply = bytes().string("x".repeat(4096)).text("x".repeat(4096));
        for (int i = 0; i < 2100; i++) {
            server.reply(3, 2, reply);
        }
        assertViolation("too long a reply", () -> new NbdHandshake(server).list());
    }

    @Test
    void shouldRefuseListRepliesThatBreakTheRules() {
        assertViolation("length of the name", () -> new NbdHandshake(greeting().reply(3, 2, bytes().u16(0))).list());
        assertViolation(
                "export name needs 4294967295",
                () -> new NbdHandshake(greeting().reply(3, 2, bytes().u32(-1).text("abc"))).list());
        assertViolation("reply of type 3", () -> new NbdHandshake(greeting().reply(3, 3, bytes().u16(0))).list());
    }

    @Test
    void shouldRefuseTwoContextsWithOneId() {
        assertViolation("two contexts have the id 5", () -> new NbdHandshake(greeting()
                        .reply(10, 4, bytes().u32(5).text("a:b"))
                        .reply(10, 4, bytes().u32(5).text("a:c"))
                        .ack(10))
                .setMetaContexts("disk", List.of("a:b", "a:c")));
    }

    private static void assertInfoViolation(String message, ScriptedServer server) {
        assertViolation(message, () -> new NbdHandshake(server).info("disk"));
    }

    private static void assertViolation(String message, ThrowingCallable handshake) {
        assertThatThrownBy(handshake).isInstanceOf(ProtocolException.class).hasMessageContaining(message);
    }
}
