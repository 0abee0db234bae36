package io.varve.it.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may use what, by user and by address; and what those are told who may not. */
class RulesIT {

    private static final String RULES = """
            [[export]]
            image = "open"
            description = "for everybody"
            [[export]]
            image = "mine"
            [[export.rule]]
            users = [%1$d]
            [[export]]
            image = "hidden"
            [[export.rule]]
            users = [%2$d]
            [[export]]
            image = "near"
            [[export.rule]]
            addresses = ["127.0.0.0/8"]
            [[export.rule]]
            users = [%1$d]
            write = false
            [[export]]
            image = "far"
            [[export.rule]]
            addresses = ["203.0.113.0/24", "2001:db8::/32"]
            """;
    private static final int ANSWER_HEADER_LENGTH = 20;
    private static final int ACK = 1;
    private static final int STRUCTURED_REPLY = 8;

    @TempDir
    static Path directory;

    private static int port;
    private static Daemon daemon;

    @BeforeAll
    static void serve() {
        Rooms rooms = new Rooms(directory, "open", "mine", "hidden", "near", "far", "unnamed");
        long user = Long.parseLong(Tool.run("id", "-u").out().strip());
        port = Rooms.freePort();
        daemon = rooms.serve(Varve.newSocket(), Rooms.listener(port) + RULES.formatted(user, user + 1));
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @Test
    void shouldShowEachUserAndAddressItsOwn() {
        assertThat(Rooms.names(daemon.uri(""))).containsExactly("mine", "near", "open");
        assertThat(Rooms.names("nbd://127.0.0.1:" + port)).containsExactly("near", "open");
        assertThat(Tool.run("nbdinfo", "--list", daemon.uri("")).out()).contains("description: for everybody");
        assertThat(Tool.run("qemu-nbd", "--list", "-k", daemon.socket()).out())
                .contains("exports available: 3", "'mine'").doesNotContain("hidden", "far", "unnamed");
    }

    @Test
    void shouldLetTheRuleDecideWhoWrites() {
        assertThat(Tool.of("nbdinfo", "--is", "read-only", daemon.uri("near")).run().exitCode()).isZero();
        assertThat(Tool.of("nbdinfo", "--is", "read-only", "nbd://127.0.0.1:" + port + "/near").run().exitCode())
                .isEqualTo(2);
        Tool.run("qemu-io", "-f", "raw", "nbd://127.0.0.1:" + port + "/near@pc", "-c", "write -P 5 0 64k",
                "-c", "read -P 5 0 64k");
        assertThat(Tool.of("qemu-io", "-f", "raw", daemon.uri("near@pc"), "-c", "write -P 6 0 64k").run().exitCode())
                .isNotZero();
        assertThat(Tool.run("qemu-io", "-r", "-f", "raw", daemon.uri("near@pc"), "-c", "read -P 5 0 64k").out())
                .doesNotContain("failed");
    }

    /** Option 1 is EXPORT_NAME, 6 INFO, 7 GO, 9 LIST_META_CONTEXT, 10 SET_META_CONTEXT. */
    @ParameterizedTest
    @CsvSource({"1,hidden", "6,hidden", "7,hidden", "9,hidden", "10,hidden", "7,hidden@pc1", "6,hidden:7", "7,unnamed",
        "10,unnamed", "6,far", "7,far@pc"})
    void shouldNotTellForbiddenFromMissing(int option, String forbidden) throws IOException {
        String missing = forbidden.replaceAll("hidden|unnamed|far", "-").replace("-", "x".repeat(
                forbidden.replaceAll("[@:].*", "").length()));

        byte[] answer = ask(option, forbidden);

        assertThat(answer).as("an answer to option %d", option).hasSizeGreaterThan(ANSWER_HEADER_LENGTH);
        assertThat(new String(answer, StandardCharsets.ISO_8859_1).replace(forbidden, missing))
                .isEqualTo(new String(ask(option, missing), StandardCharsets.ISO_8859_1));
    }

    /** Everything that the server sends in answer to one option, until it has no more to say or hangs up. */
    private static byte[] ask(int option, String export) throws IOException {
        byte[] name = export.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer data = ByteBuffer.allocate(64);
        switch (option) {
            case 1 -> data.put(name);
            case 6, 7 -> data.putInt(name.length).put(name).putShort((short) 0);
            default -> data.putInt(name.length).put(name).putInt(1).putInt(5).put("base:".getBytes(
                    StandardCharsets.US_ASCII));
        }
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        try (SocketChannel socket = daemon.openSocket()) {
            seen.write(read(socket, 18).array());
            socket.write(ByteBuffer.allocate(4).putInt(3).flip());
            say(socket, STRUCTURED_REPLY, ByteBuffer.allocate(0));
            seen.write(read(socket, ANSWER_HEADER_LENGTH).array());
            say(socket, option, data.flip());
            int type;
            do {
                ByteBuffer header = read(socket, ANSWER_HEADER_LENGTH);
                type = header.getInt(12);
                seen.write(header.array());
                seen.write(read(socket, header.getInt(16)).array());
            } while (type > 0 && type != ACK);
        } catch (EOFException e) {
            seen.write("hung up".getBytes(StandardCharsets.US_ASCII));
        }
        return seen.toByteArray();
    }

    private static void say(SocketChannel socket, int option, ByteBuffer data) throws IOException {
        socket.write(ByteBuffer.allocate(16).putLong(0x49484156454F5054L).putInt(option).putInt(data.remaining())
                .flip());
        socket.write(data);
    }

    private static ByteBuffer read(SocketChannel socket, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (socket.read(bytes) < 0) {
                throw new EOFException();
            }
        }
        return bytes.flip();
    }
}
