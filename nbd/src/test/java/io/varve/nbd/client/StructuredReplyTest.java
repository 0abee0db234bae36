package io.varve.nbd.client;

import static io.varve.nbd.client.ScriptedServer.bytes;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_DF;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_REQ_ONE;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Replies in chunks: READ of bytes 100 to 110, BLOCK_STATUS of 8192 bytes from 4096, and what may not happen there. */
class StructuredReplyTest {

    private static final int DONE = 1;
    private static final int NONE = 0;
    private static final int STATUS = 5;
    private static final int ERROR = 0x8001;
    private static final int ERROR_OFFSET = 0x8002;

    @Test
    void shouldPutTogetherDataAndHoles() throws IOException {
        assertThat(readTen(structured()
                        .dataChunk(1, 0, 106, "cd")
                        .holeChunk(1, 0, 102, 4)
                        .dataChunk(1, 0, 108, "ef")
                        .dataChunk(1, DONE, 100, "ab")))
                .asString()
                .isEqualTo("ab\0\0\0\0cdef");
    }

    @Test
    void shouldAcceptNoneAsTheLastChunk() throws IOException {
        assertThat(readTen(structured().dataChunk(1, 0, 100, "0123456789").chunk(1, DONE, NONE, bytes())))
                .asString()
                .isEqualTo("0123456789");
    }

    @Test
    void shouldKeepChunksOfDifferentRepliesApart() throws IOException {
        final NbdClient client = connect(structured()
                .dataChunk(1, 0, 0, "a")
                .dataChunk(2, 0, 5, "x")
                .simpleReply(3, 0)
                .dataChunk(1, DONE, 1, "b")
                .dataChunk(2, DONE, 6, "y"));
        final long first = client.submit(CMD_READ, 0, 0, 2);
        final long second = client.submit(CMD_READ, 0, 5, 2);
        client.flush();
        assertThat(client.await(second).data()).asString().isEqualTo("xy");
        assertThat(client.await(first).data()).asString().isEqualTo("ab");
    }

    @Test
    void shouldFailAReadOfWhichAPartFails() throws IOException {
        final ScriptedServer server = structured()
                .dataChunk(1, 0, 100, "01234")
                .chunk(1, 0, ERROR_OFFSET, bytes().u32(5).u16(8).text("bad page").u64(105))
                .chunk(1, DONE, ERROR, bytes().u32(22).u16(0))
                .dataChunk(2, DONE, 100, "0123456789");
        final NbdClient client = connect(server);
        final NbdException failure = catchThrowableOfType(NbdException.class, () -> client.read(100, 10));
        assertThat(failure).hasMessage("READ of 10 bytes at 100 failed: EIO: bad page");
        assertThat(client.read(100, 10)).hasSize(10);
    }

    @Test
    void shouldTakeAnErrorTypeOfTheFutureAsAnError() throws IOException {
        final NbdClient client = connect(structured().chunk(1, DONE, 0x8123, bytes().u32(12).u16(0)));
        assertThat(catchThrowableOfType(NbdException.class, () -> client.read(100, 10)).wireValue()).isEqualTo(12);
    }

    @Test
    void shouldTakeSimpleAndStructuredAnswersToOtherCommands() throws IOException {
        final NbdClient client = connect(structured()
                .simpleReply(1, 0)
                .chunk(2, DONE, NONE, bytes())
                .simpleReply(3, 1)
                .chunk(4, DONE, ERROR, bytes().u32(1).u16(2).text("no")));
        client.flush();
        client.flush();
        assertThatThrownBy(client::flush).isInstanceOf(NbdException.class);
        assertThatThrownBy(client::flush).isInstanceOf(NbdException.class).hasMessageEndingWith("EPERM: no");
    }

    @Test
    void shouldRefuseChunksThatBreakTheRules() {
        assertReadViolation("chunk flags 2", structured().dataChunk(1, 2, 100, "0123456789"));
        assertReadViolation("chunk flags 3", structured().dataChunk(1, 3, 100, "0123456789"));
        assertReadViolation("NONE", structured().chunk(1, 0, NONE, bytes()));
        assertReadViolation("NONE", structured().chunk(1, DONE, NONE, bytes().u32(0)));
        assertReadViolation("type 3", structured().chunk(1, DONE, 3, bytes()));
        assertReadViolation("type 5", structured().chunk(1, DONE, STATUS, bytes().u32(5).u32(1).u32(0)));
        assertReadViolation("simple reply", structured().simpleReply(1, 0).text("0123456789"));
        assertReadViolation("simple reply", structured().simpleReply(1, 5));
        assertReadViolation("no request has", structured().dataChunk(2, DONE, 100, "0123456789"));
        assertFlushViolation("type 1", structured().dataChunk(1, DONE, 0, "a"));
        assertFlushViolation("type 2", structured().holeChunk(1, DONE, 0, 1));
    }

    @Test
    void shouldRefuseContentOutsideTheRequest() {
        assertReadViolation("11 bytes at 100", structured().dataChunk(1, DONE, 100, "0123456789a"));
        assertReadViolation("1 bytes at 99", structured().dataChunk(1, 0, 99, "a"));
        assertReadViolation("1 bytes at 110", structured().dataChunk(1, 0, 110, "a"));
        assertReadViolation("at 18446744073709551615", structured().dataChunk(1, 0, -1, "a"));
        assertReadViolation("at 9223372036854775808", structured().dataChunk(1, 0, Long.MIN_VALUE, "a"));
        assertReadViolation("11 bytes at 100", structured().holeChunk(1, DONE, 100, 11));
        assertReadViolation("4294967295 bytes", structured().holeChunk(1, DONE, 100, 0xffffffffL));
        assertReadViolation("0 bytes at 100", structured().holeChunk(1, 0, 100, 0));
        assertReadViolation("without data", structured().chunk(1, 0, 1, bytes().u64(100)));
        assertReadViolation("without data", structured().chunk(1, 0, 1, bytes().u32(100)));
        assertReadViolation("hole chunk", structured().chunk(1, 0, 2, bytes().u64(100).u64(10)));
    }

    @Test
    void shouldNotAllocateForAChunkThatIsTooLong() {
        for (final int type : new int[] {1, 2, ERROR, ERROR_OFFSET}) {
            final ScriptedServer server = structured()
                    .u32(0x668e33ef).u16(DONE).u16(type).u64(ScriptedServer.cookie(1)).u32(0xffffffffL)
                    .u64(100).raw(new byte[100]);
            assertReadViolation("READ of 10 bytes at 100 is answered", server);
        }
    }

    @Test
    void shouldRefuseContentThatIsMissingOrTwice() {
        assertReadViolation("without the byte at 100", structured().chunk(1, DONE, NONE, bytes()));
        assertReadViolation("without the byte at 109", structured().dataChunk(1, DONE, 100, "012345678"));
        assertReadViolation(
                "without the byte at 104",
                structured().dataChunk(1, 0, 100, "0123").dataChunk(1, DONE, 105, "56789"));
        assertReadViolation(
                "twice at 104", structured().holeChunk(1, 0, 104, 1).dataChunk(1, 0, 100, "0123456789"));
        assertReadViolation("twice at 109", structured().dataChunk(1, 0, 109, "9").holeChunk(1, 0, 105, 5));
    }

    @Test
    void shouldRefuseErrorChunksThatBreakTheRules() {
        assertReadViolation("without an error", structured().chunk(1, DONE, ERROR, bytes().u32(0).u16(0)));
        assertReadViolation("error needs 4", structured().chunk(1, DONE, ERROR, bytes().u16(5)));
        assertReadViolation("message length", structured().chunk(1, DONE, ERROR, bytes().u32(5)));
        assertReadViolation("message needs 3", structured().chunk(1, DONE, ERROR, bytes().u32(5).u16(3).text("ab")));
        assertReadViolation(
                "bad message", structured().chunk(1, DONE, ERROR, bytes().u32(5).u16(1).raw((byte) 0xff)));
        assertReadViolation("offset of the error", structured().chunk(1, DONE, ERROR_OFFSET, bytes().u32(5).u16(0)));
        assertReadViolation(
                "outside", structured().chunk(1, DONE, ERROR_OFFSET, bytes().u32(5).u16(0).u64(110)));
        assertReadViolation(
                "outside", structured().chunk(1, DONE, ERROR_OFFSET, bytes().u32(5).u16(0).u64(99)));
    }

    @Test
    void shouldRefuseFragmentsInSpiteOfDf() throws IOException {
        final NbdClient client = connect(structured()
                .dataChunk(1, DONE, 100, "0123456789")
                .dataChunk(2, 0, 100, "01234")
                .dataChunk(2, DONE, 105, "56789"));
        assertThat(client.read(100, 10, CMD_FLAG_DF)).hasSize(10);
        assertThatThrownBy(() -> client.read(100, 10, CMD_FLAG_DF))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("DF");
    }

    @Test
    void shouldTellTheStatus() throws IOException {
        final Map<String, List<StatusExtent>> status =
                status(structured().status(DONE, 5, 4096, 0, 65536, 3), 0);
        assertThat(status)
                .containsOnlyKeys("base:allocation")
                .containsEntry(
                        "base:allocation", List.of(new StatusExtent(4096, 0), new StatusExtent(65536, 3)));
    }

    @Test
    void shouldRefuseStatusThatBreaksTheRules() {
        assertStatusViolation("context 6", structured().status(DONE, 6, 4096, 0));
        assertStatusViolation("twice", structured().status(0, 5, 8192, 0).status(DONE, 5, 8192, 0));
        assertStatusViolation("no extents", structured().chunk(1, DONE, NONE, bytes()));
        assertStatusViolation("without extents", structured().simpleReply(1, 0));
        assertStatusViolation("0 bytes are no extents", structured().status(DONE, 5));
        assertStatusViolation(
                "12 bytes are no extents", structured().chunk(1, DONE, STATUS, bytes().u32(5).u64(1).u32(1)));
        assertStatusViolation("extent 1 is empty", structured().status(DONE, 5, 4096, 0, 0, 1));
        assertStatusViolation("extent 1 begins beyond", structured().status(DONE, 5, 8192, 0, 4096, 1));
        assertStatusViolation("beyond the export", structured().status(DONE, 5, (int) ScriptedServer.SIZE, 0));
        assertStatusViolation(
                "2^20 extents",
                structured().u32(0x668e33ef).u16(DONE).u16(STATUS).u64(ScriptedServer.cookie(1)).u32(0xfffffffcL));
    }

    @Test
    void shouldRefuseMoreThanOneExtentInSpiteOfReqOne() throws IOException {
        assertThat(status(structured().status(DONE, 5, 8192, 0), CMD_FLAG_REQ_ONE)).hasSize(1);
        assertThatThrownBy(() -> status(structured().status(DONE, 5, 4096, 0, 4096, 1), CMD_FLAG_REQ_ONE))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("2 extents");
        assertThatThrownBy(() -> status(structured().status(DONE, 5, 8193, 0), CMD_FLAG_REQ_ONE))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("longer than the request");
    }

    @Test
    void shouldRefuseStatusWithoutEverySelectedContext() {
        final ScriptedServer server = ScriptedServer.greeting()
                .ack(8)
                .reply(10, 4, bytes().u32(5).text("base:allocation"))
                .reply(10, 4, bytes().u32(6).text("varve:layer"))
                .ack(10)
                .exportInfo(7, ScriptedServer.SIZE, 0x81)
                .ack(7)
                .status(DONE, 5, 8192, 0);
        assertThatThrownBy(() -> status(server, 0))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("without varve:layer");
    }

    private static ScriptedServer structured() {
        return ScriptedServer.structured();
    }

    private static byte[] readTen(ScriptedServer server) throws IOException {
        return connect(server).read(100, 10);
    }

    private static Map<String, List<StatusExtent>> status(ScriptedServer server, int flags) throws IOException {
        return connect(server).blockStatus(4096, 8192, flags);
    }

    private static void assertReadViolation(String message, ScriptedServer server) {
        assertThatThrownBy(() -> readTen(server))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message);
        assertThat(server.isOpen()).isFalse();
    }

    private static void assertFlushViolation(String message, ScriptedServer server) {
        assertThatThrownBy(() -> connect(server).flush())
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message);
    }

    private static void assertStatusViolation(String message, ScriptedServer server) {
        assertThatThrownBy(() -> status(server, 0))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message);
    }

    private static NbdClient connect(ScriptedServer server) throws IOException {
        return NbdClient.connect(server, ClientOptions.structured("disk"));
    }
}
