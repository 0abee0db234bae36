package io.varve.nbd.client;

import static io.varve.nbd.client.ScriptedServer.cookie;
import static io.varve.nbd.wire.NbdProtocol.CMD_CACHE;
import static io.varve.nbd.wire.NbdProtocol.CMD_DISC;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_FUA;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_NO_HOLE;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.nbd.export.NbdError;
import java.io.EOFException;
import java.io.IOException;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Requests as bytes, replies in any order, and simple replies that break the rules. */
class NbdClientTest {

    @Test
    void shouldSpellEachRequest() throws IOException {
        final ScriptedServer server = ScriptedServer.simple();
        for (int number = 1; number <= 6; number++) {
            server.simpleReply(number, 0);
            server.text(number == 1 ? "abc" : "");
        }
        final NbdClient client = connect(server);

        assertThat(client.read(0x10203, 3, 0)).asString().isEqualTo("abc");
        assertRequest(server, 1, "0000" + "0000", "0000000000010203" + "00000003");
        client.write(0x405, new byte[] {1, 2}, CMD_FLAG_FUA);
        assertRequest(server, 2, "0001" + "0001", "0000000000000405" + "00000002" + "0102");
        client.flush();
        assertRequest(server, 3, "0000" + "0003", "0000000000000000" + "00000000");
        client.trim(4096, 0xffffffffL, 0);
        assertRequest(server, 4, "0000" + "0004", "0000000000001000" + "ffffffff");
        client.cache(0, 1);
        assertRequest(server, 5, "0000" + "0005", "0000000000000000" + "00000001");
        client.writeZeroes(1, 2, CMD_FLAG_NO_HOLE);
        assertRequest(server, 6, "0002" + "0006", "0000000000000001" + "00000002");
    }

    @Test
    void shouldMatchRepliesInAnyOrder() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple()
                .simpleReply(3, 0)
                .text("third")
                .simpleReply(1, 0)
                .text("1st")
                .simpleReply(2, 28));
        final long first = client.submit(CMD_READ, 0, 0, 3);
        final long second = client.submitWrite(0, new byte[4], 0);
        final long third = client.submit(CMD_READ, 0, 100, 5);
        assertThat(client.inFlightCount()).isEqualTo(3);

        final Completion write = client.await(second);
        assertThat(write.succeeded()).isFalse();
        assertThat(write.request()).isEqualTo(new Request(second, CMD_WRITE, 0, 0, 4));
        assertThat(client.inFlightCount()).isZero();
        assertThat(client.await(first).orThrow().data()).asString().isEqualTo("1st");
        assertThat(client.await(third).orThrow().data()).asString().isEqualTo("third");
    }

    @Test
    void shouldCollectInTheOrderOfTheServer() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple().simpleReply(2, 0).simpleReply(1, 0));
        final long first = client.submit(CMD_TRIM, 0, 0, 1);
        final long second = client.submit(CMD_CACHE, 0, 0, 1);
        assertThat(client.awaitNext().request().cookie()).isEqualTo(second);
        assertThat(client.awaitNext().request().cookie()).isEqualTo(first);
        assertThatThrownBy(client::awaitNext).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldGiveEachReplyOnce() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple().simpleReply(1, 0));
        final long only = client.submit(CMD_TRIM, 0, 0, 1);
        client.await(only);
        assertThatThrownBy(() -> client.await(only)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client.await(42)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldNotTakeTheNextReplyPastOnesThatAreKept() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple().simpleReply(1, 0).simpleReply(2, 0).simpleReply(3, 0));
        final long first = client.submit(CMD_TRIM, 0, 0, 1);
        final long second = client.submit(CMD_TRIM, 0, 0, 1);
        client.submit(CMD_TRIM, 0, 0, 1);
        client.await(second);
        assertThatThrownBy(client::awaitNext).isInstanceOf(IllegalStateException.class);
        client.await(first);
        assertThat(client.awaitNext().succeeded()).isTrue();
    }

    @Test
    void shouldThrowTheErrorOfTheServerAndGoOn() throws IOException {
        final ScriptedServer server =
                ScriptedServer.simple().simpleReply(1, 5).simpleReply(2, 1234).simpleReply(3, 0).text("x");
        final NbdClient client = connect(server);
        final NbdException known = catchThrowableOfType(NbdException.class, () -> client.read(4096, 512));
        assertThat(known).hasMessage("READ of 512 bytes at 4096 failed: EIO");
        assertThat(known.error()).isEqualTo(NbdError.EIO);
        final NbdException unknown = catchThrowableOfType(NbdException.class, client::flush);
        assertThat(unknown.error()).isEqualTo(NbdError.EINVAL);
        assertThat(unknown.wireValue()).isEqualTo(1234);
        assertThat(client.read(0, 1)).asString().isEqualTo("x");
    }

    @Test
    void shouldRefuseRepliesThatBreakTheRules() {
        assertViolation("the magic 67446699", ScriptedServer.simple().u32(0x67446699).raw(new byte[12]));
        assertViolation("which no request has", ScriptedServer.simple().simpleReply(2, 0).text("abc"));
        assertViolation("which was not negotiated", ScriptedServer.simple().dataChunk(1, 1, 0, "abc"));
    }

    @Test
    void shouldRefuseASecondReply() throws IOException {
        final NbdClient client =
                connect(ScriptedServer.simple().simpleReply(1, 0).simpleReply(1, 0).simpleReply(2, 0));
        client.flush();
        assertThatThrownBy(client::flush)
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(Long.toHexString(cookie(1)));
    }

    @Test
    void shouldNotAllocateForAReadThatNobodyMayAnswer() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple().simpleReply(1, 0));
        final long huge = client.submit(CMD_READ, 0, 0, 0xffffffffL);
        assertThatThrownBy(() -> client.await(huge)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void shouldSayWhereTheServerStopped() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple().simpleReply(1, 0).text("abc"));
        assertThatThrownBy(() -> client.read(0, 10))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("3 of 10 bytes of the data of a READ");
    }

    @Test
    void shouldDisconnectAfterTheLastReply() throws IOException {
        final ScriptedServer server = ScriptedServer.simple().simpleReply(1, 0);
        final NbdClient client = connect(server);
        client.submit(CMD_TRIM, 0, 0, 1);
        server.takeReceived();
        client.disconnect();
        assertThat(server.takeReceived())
                .isEqualTo("25609513" + "0000" + "0002" + hex(cookie(2)) + "0000000000000000" + "00000000");
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void shouldRefuseAnAnswerToDisconnect() throws IOException {
        final ScriptedServer server = ScriptedServer.simple().simpleReply(1, 0);
        final NbdClient client = connect(server);
        assertThatThrownBy(client::disconnect).isInstanceOf(ProtocolException.class);
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void shouldNotSendWhatIsNoRequest() throws IOException {
        final NbdClient client = connect(ScriptedServer.simple());
        for (final ThrowingCallable wrong : new ThrowingCallable[] {
            () -> client.submit(CMD_WRITE, 0, 0, 1),
            () -> client.submit(CMD_DISC, 0, 0, 0),
            () -> client.submit(CMD_TRIM, 0, 0, -1),
            () -> client.submit(CMD_TRIM, 0, 0, 1L << 32)
        }) {
            assertThatThrownBy(wrong).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(client.inFlightCount()).isZero();
    }

    private static void assertViolation(String message, ScriptedServer server) {
        assertThatThrownBy(() -> connect(server).read(0, 3))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message);
        assertThat(server.isOpen()).isFalse();
    }

    private static void assertRequest(ScriptedServer server, int number, String flagsAndType, String rest) {
        assertThat(server.takeReceived()).isEqualTo("25609513" + flagsAndType + hex(cookie(number)) + rest);
    }

    private static String hex(long value) {
        return HexFormat.of().toHexDigits(value);
    }

    private static NbdClient connect(ScriptedServer server) throws IOException {
        final NbdClient client = NbdClient.connect(server, ClientOptions.simple("disk"));
        server.takeReceived();
        return client;
    }
}
