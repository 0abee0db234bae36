package io.varve.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlServerTest {

    @TempDir
    Path directory;

    private Path socket;
    private ControlServer server;

    @BeforeEach
    void start() throws IOException {
        socket = directory.resolve("control.sock");
        server = ControlServer.start(socket, ControlServerTest::answer);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private static Map<String, Object> answer(Map<String, Object> request) throws IOException {
        if ("fail".equals(request.get("ask"))) {
            throw new IOException("cannot do that: here: do this");
        }
        if ("much".equals(request.get("ask"))) {
            return Map.of("numbers", IntStream.range(0, 200_000).boxed().collect(Collectors.toList()));
        }
        return Map.of("echo", String.valueOf(request.get("ask")));
    }

    @Test
    void shouldAnswerWhatIsAsked() throws IOException {
        assertThat(ControlClient.ask(socket, Map.of("ask", "status"))).containsEntry("echo", "status");
        assertThat(ControlClient.ask(socket, Map.of("ask", "ümläut"))).containsEntry("echo", "ümläut");
    }

    @Test
    void shouldCarryAnAnswerThatIsLargerThanASocketBuffer() throws IOException {
        assertThat(ControlClient.ask(socket, Map.of("ask", "much"))).hasEntrySatisfying("numbers",
                numbers -> assertThat(numbers).asList().hasSize(200_000).endsWith(199_999));
    }

    @Test
    void shouldTellTheAskerWhatWentWrong() {
        assertThatThrownBy(() -> ControlClient.ask(socket, Map.of("ask", "fail")))
                .hasMessageContaining("cannot do that: here: do this");
    }

    @Test
    void shouldBeForTheOwnerAlone() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-------");
    }

    @Test
    void shouldCloseAConnectionThatSendsTooLongALine() throws IOException {
        try (UnixSocketChannel channel = connect()) {
            write(channel, "x".repeat(ControlMessages.MAX_REQUEST_LENGTH));
            assertThat(channel.read(ByteBuffer.allocate(100))).isNegative();
        }
        assertThat(ControlClient.ask(socket, Map.of("ask", "status"))).containsEntry("echo", "status");
    }

    @Test
    void shouldAnswerGarbageWithAnErrorAndGoOn() throws IOException {
        try (UnixSocketChannel channel = connect()) {
            write(channel, "GET / HTTP/1.1\n");
            assertThat(readLine(channel)).contains("\"ok\":false");
            write(channel, "{\"ask\":\"a\"}\n");
            assertThat(readLine(channel)).contains("\"echo\":\"a\"");
        }
    }

    @Test
    void shouldServeOthersWhileAClientStalls() throws IOException {
        try (UnixSocketChannel stalled = connect()) {
            write(stalled, "{\"ask\":");
            assertThat(ControlClient.ask(socket, Map.of("ask", "status"))).containsEntry("echo", "status");
        }
    }

    @Test
    void shouldReplaceTheSocketOfADeadDaemonAndRemoveItsOwn() throws IOException {
        Path stale = directory.resolve("stale.sock");
        Files.createFile(stale);
        try (ControlServer other = ControlServer.start(stale, ControlServerTest::answer)) {
            assertThat(other).isNotNull();
            assertThat(ControlClient.ask(stale, Map.of("ask", "b"))).containsEntry("echo", "b");
        }
        assertThat(stale).doesNotExist();
        assertThatThrownBy(() -> ControlClient.ask(stale, Map.of())).isInstanceOf(NoDaemonException.class);
    }

    @Test
    void shouldSayThatNobodyListens() throws IOException {
        Path nobody = Files.createFile(directory.resolve("nobody.sock"));
        assertThatThrownBy(() -> ControlClient.ask(nobody, Map.of()))
                .isInstanceOf(NoDaemonException.class)
                .hasMessageContaining("varve serve");
    }

    @Test
    void shouldRefuseAPathThatNoSocketCanHave() {
        Path deep = directory.resolve("d".repeat(120)).resolve("control.sock");
        assertThatThrownBy(() -> ControlServer.start(deep, ControlServerTest::answer))
                .hasMessageContaining("shorter path");
    }

    private UnixSocketChannel connect() throws IOException {
        return UnixSocketChannel.open(new UnixSocketAddress(new File(socket.toString())));
    }

    private static void write(UnixSocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String readLine(UnixSocketChannel channel) throws IOException {
        ByteBuffer line = ByteBuffer.allocate(8192);
        do {
            if (channel.read(line) < 0) {
                break;
            }
        } while (line.get(line.position() - 1) != '\n');
        return new String(line.array(), 0, line.position(), StandardCharsets.UTF_8);
    }
}
